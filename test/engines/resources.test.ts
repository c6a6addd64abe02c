import { describe, expect, it } from 'vitest';
import { parseDevice, parseGpus, parsePublication, parseUlimit } from '../../src/engines/resources.js';

const wrong = expect.objectContaining({ exitCode: 2 });

describe('resources of a container', () => {
  it.each([
    ['nofile=10', { name: 'nofile', soft: 10, hard: 10 }],
    ['nofile=10:20', { name: 'nofile', soft: 10, hard: 20 }],
    ['core=-1', { name: 'core', soft: -1, hard: -1 }],
  ])('--ulimit %s', (text, limit) => expect(parseUlimit(text)).toEqual(limit));
  it.each(['nofile', 'nofile=x', '=1', 'nofile=1:2:3'])('--ulimit %s is refused', (text) =>
    expect(() => parseUlimit(text)).toThrowError(wrong),
  );

  it.each([
    ['/dev/a', { host: '/dev/a', container: '/dev/a', permissions: 'rwm' }],
    ['/dev/a:/dev/b', { host: '/dev/a', container: '/dev/b', permissions: 'rwm' }],
    ['/dev/a:r', { host: '/dev/a', container: '/dev/a', permissions: 'r' }],
    ['/dev/a:/dev/b:rw', { host: '/dev/a', container: '/dev/b', permissions: 'rw' }],
  ])('--device %s', (text, device) => expect(parseDevice(text)).toEqual(device));
  it.each(['a', '/dev/a:b', '/dev/a:/b:q'])('--device %s is refused', (text) => expect(() => parseDevice(text)).toThrowError(wrong));

  it.each([
    ['80', { address: '', host: '', container: 80, protocol: 'tcp' }],
    ['8080:80', { address: '', host: '8080', container: 80, protocol: 'tcp' }],
    ['127.0.0.1:8080:80/udp', { address: '127.0.0.1', host: '8080', container: 80, protocol: 'udp' }],
    ['[::1]::80', { address: '::1', host: '', container: 80, protocol: 'tcp' }],
  ])('-p %s', (text, port) => expect(parsePublication(text)).toEqual(port));
  it.each(['x', '80:', ':', '1:2:3', '80/icmp'])('-p %s is refused', (text) => expect(() => parsePublication(text)).toThrowError(wrong));

  it.each([
    ['all', { count: -1, devices: [] }],
    ['2', { count: 2, devices: [] }],
    ['device=0,GPU-3', { count: 0, devices: ['0', 'GPU-3'] }],
  ])('--gpus %s', (text, gpus) => expect(parseGpus(text)).toEqual(gpus));
  it('--gpus of none is refused', () => expect(() => parseGpus('some')).toThrowError(wrong));
});
