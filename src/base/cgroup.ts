/** What the path of a cgroup says about containers and services. */

/** A container's runtime and id, with the pod's uid under Kubernetes. */
interface Named {
  readonly runtime: string;
  readonly id: string;
  readonly pod?: string;
}

/** Scopes of systemd's driver, by what stands before the id. */
const SCOPES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
};

const SCOPE = /^([a-z-]+)-([0-9a-f]{64})\.scope$/;
const ID = /^[0-9a-f]{64}$/;
const POD = /^(?:kubepods.*-)?pod([0-9a-f]{8}[-_][0-9a-f_-]{27})(?:\.slice)?$/;
const LXC = /^lxc(?:\.payload)?[./](.+)$/;
const UNIT = /\.(?:service|scope|socket|mount)$/;

/**
 * Who a process belongs to by its cgroup's path: a container of Docker, containerd, CRI-O,
 * Podman or LXC, else a unit of systemd (`systemd`); undefined for any other path.
 * The innermost one that is known counts.
 */
export function containerOf(path: string): Named | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const pod = podOf(parts);
  for (let i = parts.length - 1; i >= 0; i--) {
    const found = containerAt(parts, i);
    if (found !== undefined) return pod === undefined ? found : { ...found, pod };
  }
  const unit = parts.findLast((part) => UNIT.test(part));
  return unit === undefined ? undefined : { runtime: 'systemd', id: unit };
}

function containerAt(parts: readonly string[], i: number): Named | undefined {
  const part = parts[i];
  const scope = SCOPE.exec(part);
  if (scope !== null) {
    const runtime = SCOPES[scope[1]];
    if (runtime !== undefined) return { runtime, id: scope[2] };
  }
  const above = i > 0 ? parts[i - 1] : '';
  if (ID.test(part)) {
    if (above === 'docker') return { runtime: 'docker', id: part };
    if (above === 'libpod_parent') return { runtime: 'podman', id: part };
    return { runtime: 'containerd', id: part };
  }
  const lxc = LXC.exec(above === 'lxc' ? `lxc/${part}` : part);
  return lxc === null ? undefined : { runtime: 'lxc', id: lxc[1] };
}

function podOf(parts: readonly string[]): string | undefined {
  for (const part of parts) {
    const pod = POD.exec(part);
    if (pod !== null) return pod[1].replaceAll('_', '-');
  }
  return undefined;
}
