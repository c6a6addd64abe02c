import { inLibraries, type SystemRow } from './systemrow.js';

/** Matches a name or a string that has one of the commands of a program in it: `git pull`, `pull`, `git_pull`. */
const command = (names: string) => new RegExp(`(^|[\\s_])(${names})([\\s_]|$)`);
/** Git's own programs. It finds itself by PATH, so the second copy of `git` in this folder is not needed. */
const inGit = (names: string) => [`/usr/lib/git-core/${names}`, `/usr/libexec/git-core/${names}`];

/** What programs open and run. */
export const PROGRAM_ROWS: readonly SystemRow[] = [
  {
    id: 'tar',
    when: { program: /\/(g|bsd)?tar$/ },
    keep: ['/bin', '/usr/bin'].map((folder) => `${folder}/{gzip,bzip2,xz,zstd,lzip,compress}`),
    what: 'what tar runs for compressed archives (tar(1), COMPRESSION OPTIONS)',
  },
  {
    id: 'sudo',
    when: { program: /\/sudo$/ },
    keep: ['/etc/sudo.conf', '/etc/sudoers', '/etc/sudoers.d/*', '/etc/sudo_logsrvd.conf', ...inLibraries('sudo/*'), '/usr/libexec/sudo/*'],
    what: 'the policy of sudo and its modules (sudo.conf(5), sudoers(5))',
  },
  {
    id: 'gpg',
    when: { program: /\/gpg2?$/ },
    keep: ['/usr/bin/gpg-agent', '/usr/bin/gpgconf', '/etc/gnupg/**'],
    what: 'the agent that holds keys and passphrases for gpg (gpg-agent(1))',
  },
  {
    id: 'users-made',
    when: { program: /\/((user|group)(add|mod|del)|newusers|adduser|addgroup|chpasswd)$/ },
    keep: ['/etc/skel/**', '/etc/{login.defs,shadow,gshadow,subuid,subgid}', '/etc/default/useradd'],
    what: 'what a new user gets, and where users are (useradd(8), usermod(8), FILES)',
  },
  {
    id: 'adduser',
    when: { program: /\/(adduser|addgroup|deluser|delgroup)$/ },
    keep: [
      ...['/etc/adduser.conf', '/etc/deluser.conf', '/usr/sbin/{user,group}{add,del,mod}'],
      ...['/usr/bin/{chage,chfn,gpasswd,passwd}', '/usr/bin/{find,rm,tar}', '/bin/{rm,tar}'],
    ],
    what: "configuration of Debian's adduser, and the programs that it runs (adduser(8), adduser.conf(5))",
  },
  {
    id: 'crontabs',
    when: { program: /\/(cron|crontab)$/ },
    keep: ['/var/spool/cron', '/var/spool/cron/*', '/etc/cron.allow', '/etc/cron.deny'],
    what: 'where the tables of users are (crontab(1))',
  },
  {
    id: 'logrotate',
    when: { program: /\/logrotate$/ },
    keep: ['/etc/logrotate.conf', '/etc/logrotate.d/*', '/var/lib/logrotate', '/var/lib/logrotate/*'],
    what: 'which logs logrotate rotates, and its state (logrotate(8))',
  },
  {
    id: 'git',
    when: { program: /\/git$/ },
    keep: ['/usr/share/git-core/templates/**', '/etc/gitconfig', '/bin/sh', '/usr/bin/git-{upload,receive}-pack'],
    what: 'templates and configuration of git, and the shell for its hooks and aliases (git-init(1), git-config(1), githooks(5))',
  },
  {
    id: 'git-scripts',
    when: { program: /\/git$/ },
    withoutLinks: true,
    unlessNamed: command('bisect|merge|pull|(--)?(recurse-)?submodules?|--recursive|stash|rebase|subtree'),
    keep: [
      ...inGit('git-{bisect,merge-octopus,merge-one-file,merge-resolve,submodule,subtree,sh-i18n,sh-i18n--envsubst,sh-setup}'),
      ...inGit('git-{stash,legacy-stash,legacy-rebase,rebase--*}'), // of git before 2.22 and 2.25
      '/usr/bin/uname', // git-sh-setup, which the others read
    ],
    what: 'commands and merge strategies of git that are shell scripts (git(1), --exec-path; git-merge(1), MERGE STRATEGIES)',
  },
  {
    id: 'git-remotes',
    when: { program: /\/git$/ },
    unlessNamed: command('clone|fetch|pull|push|ls-remote|submodule|remote'),
    keep: [...inGit('git-remote-{http,ftp}*'), '/usr/bin/ssh'],
    what: 'what git runs for remote repositories (gitremote-helpers(7); git(1), GIT_SSH)',
  },
  {
    id: 'imagemagick-programs',
    when: { program: /\/(magick|convert|identify)(-im6\S*)?$/ },
    keep: ['/etc/ImageMagick-*/**', '/usr/share/ghostscript/**'],
    what: 'configuration and delegates of ImageMagick (magick-configuration)',
  },
  {
    id: 'ssh',
    when: { program: /\/ssh$/ },
    keep: ['/etc/ssh/ssh_config', '/etc/ssh/ssh_config.d/*'],
    what: 'configuration of ssh (ssh_config(5))',
  },
];

/**
 * Programs that are links to a wrapper, which looks for the real program under the name of the link.
 * Source: pg_wrapper(1) of Debian's postgresql-common.
 */
export const WRAPPED: readonly { wrapper: RegExp; program: (name: string) => string }[] = [
  { wrapper: /\/postgresql-common\/pg_wrapper$/, program: (name) => `/usr/lib/postgresql/*/bin/${name}` },
];
