import { UserError } from '../../errors.js';

/** As whom a process of a container runs. */
export interface Identity {
  uid: number;
  gid: number;
  groups: number[];
  home: string;
}

/** Text of the image's own files; undefined where it has none. */
export interface UserFiles {
  passwd: string | undefined;
  group: string | undefined;
}

/**
 * The user that `USER` or --user means: `name|uid[:group|gid]`, looked up in the image's passwd(5) and group(5) as
 * container runtimes do (moby/sys, "user.GetExecUser").
 * @throws UserError for a name that is not there
 */
export function identityOf(spec: string, files: UserFiles, extraGroups: readonly string[]): Identity {
  const users = rows(files.passwd);
  const groups = rows(files.group);
  const colon = spec.indexOf(':');
  const [who, group] = colon < 0 ? [spec, undefined] : [spec.slice(0, colon), spec.slice(colon + 1)];
  const user = users.find(([name]) => name === who) ?? users.find(([, , uid]) => uid === who || (who === '' && uid === '0'));
  const uid = number(user?.[2]) ?? (who === '' ? 0 : number(who));
  if (uid === undefined) throw unknown('user', who);
  const groupNumber = (text: string) => {
    const gid = number(groups.find(([name]) => name === text)?.[2]) ?? number(text);
    if (gid === undefined) throw unknown('group', text);
    return gid;
  };
  const gid = group ? groupNumber(group) : (number(user?.[3]) ?? 0);
  const member = group || !user ? [] : groups.filter(([, , , members]) => members?.split(',').includes(user[0] as string));
  const more = [...member.flatMap(([, , id]) => number(id) ?? []), ...extraGroups.map(groupNumber)];
  // Runtimes list the primary group among the others too.
  return { uid, gid, groups: [...new Set([gid, ...more])].sort((a, b) => a - b), home: user?.[5] || '/' };
}

function rows(text: string | undefined): string[][] {
  return (text ?? '').split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(':')]));
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function unknown(what: string, name: string): UserError {
  return new UserError(
    `The image has no ${what} ${name}.`,
    `Name one of its /etc/${what === 'user' ? 'passwd' : 'group'}, or give a number.`,
    2,
  );
}
