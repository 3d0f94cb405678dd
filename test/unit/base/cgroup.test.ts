import { expect, test } from 'vitest';
import { containerOf } from '../../../src/base/cgroup.ts';

const ID = '0123456789abcdef'.repeat(4);
const POD = '12345678-1234-1234-1234-123456789abc';

test.each([
  [`/system.slice/docker-${ID}.scope`, { runtime: 'docker', id: ID }],
  [`/docker/${ID}`, { runtime: 'docker', id: ID }],
  [`/docker/${ID}/init.scope`, { runtime: 'docker', id: ID }],
  [`/machine.slice/libpod-${ID}.scope/container`, { runtime: 'podman', id: ID }],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
    { runtime: 'containerd', id: ID, pod: POD },
  ],
  [`/kubepods/besteffort/pod${POD}/${ID}`, { runtime: 'containerd', id: ID, pod: POD }],
  [`/kubepods.slice/crio-${ID}.scope`, { runtime: 'cri-o', id: ID }],
  ['/lxc/web', { runtime: 'lxc', id: 'web' }],
  ['/lxc.payload.web/system.slice', { runtime: 'lxc', id: 'web' }],
  ['/system.slice/ssh.service', { runtime: 'systemd', id: 'ssh.service' }],
  ['/user.slice/user-0.slice/session-1.scope', { runtime: 'systemd', id: 'session-1.scope' }],
])('%s', (path, container) => {
  expect(containerOf(path)).toEqual(container);
});

test.each(['/', '', '/user.slice', '/docker/short', `/${ID}x`])('%j is none', (path) => {
  expect(containerOf(path)).toBeUndefined();
});
