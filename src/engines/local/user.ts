import { UserError } from '../../errors.js';

/** User and groups of a container's processes. */
export interface Identity {
  uid: number;
  gid: number;
  groups: number[];
  home: string;
}

/** Contents of the image's passwd(5) and group(5); undefined where it has no such file. */
export interface UserFiles {
  passwd: string | undefined;
  group: string | undefined;
}

/**
 * Looks up a user in the image's files, as container runtimes do (moby/sys, "user.GetExecUser").
 * @param spec value of USER or --user: `name|uid[:group|gid]`
 * @param extraGroups names or numbers from --group-add
 * @throws UserError for an unknown name
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
  // Runtimes put the primary group into the list of supplementary groups too.
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
