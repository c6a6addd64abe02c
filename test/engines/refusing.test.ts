import { expect, it } from 'vitest';
import { capabilities } from '../../src/engines/capabilities.js';
import { refusing } from '../../src/engines/refusing.js';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';

const refuser = ['/usr/bin/python3', 'start.py', 'refused'];
const command = ['/bin/app', '--flag'];

it("refuses what the container's capabilities do not allow", () => {
  const line = refusing({ refuser, run: { ...PLAIN_RUN, capAdd: ['SYS_ADMIN'] } }, command);
  expect(line.slice(0, refuser.length)).toEqual(refuser);
  expect(JSON.parse(line[refuser.length] as string)).toEqual(capabilities(['SYS_ADMIN'], []));
  expect(line.slice(refuser.length + 1)).toEqual(command);
});

it.each(['seccomp=unconfined', 'seccomp:/profile.json'])('leaves it to the profile of the user: %s', (option) => {
  expect(refusing({ refuser, run: { ...PLAIN_RUN, securityOpt: ['no-new-privileges', option] } }, command)).toEqual(command);
});

it('changes nothing where Python can install no filter', () => {
  expect(refusing({ run: PLAIN_RUN }, command)).toEqual(command);
});
