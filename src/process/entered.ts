/**
 * Families that came into a pid namespace by setns (nsenter, docker exec): they go on counting
 * where the namespace's own births are, so such a family belongs to the one namespace whose
 * numbers leave room for its own just there (KERNEL facts 9 and 11).
 */
import { columnOf, lowerBound } from '../base/list.ts';
import type { Facts, Fork } from './facts.ts';
import type { Numbers } from './numbers.ts';
import type { Space } from './space.ts';

/** Births of others, unrecorded, that may lie between a namespace's last number and an entered family's first. */
const ENTERED_WITHIN = 64;

/** The calls of a namespace whose pid 1 is known, so that others can be compared with them. */
interface Host {
  readonly space: Space;
  /** Positions between which its pid 1 is seen alive. */
  readonly from: number;
  readonly to: number;
  /** Positions of its calls, rising, and for each the highest number up to it and the lowest after. */
  readonly at: Int32Array;
  readonly highest: Int32Array;
  readonly lowest: Int32Array;
}

/**
 * Moves the members of entered families into their namespaces; returns the spaces that remain.
 * `numbers`: what the calls of each space returned; those of the moved are added.
 */
export function joinEntered(
  facts: Facts,
  spaces: readonly Space[],
  numbers: ReadonlyMap<Space, Numbers>,
): Space[] {
  const guests = new Map<Space, readonly Fork[]>();
  for (const space of spaces) {
    const calls = space.first === undefined && !space.isUnshared ? callsOf(space) : [];
    if (calls.length > 0) guests.set(space, calls);
  }
  if (guests.size === 0) return [...spaces];
  const targets = targetsOf(guests, hostsOf(facts, spaces), numbers);
  for (const [guest, target] of targets) {
    for (const member of guest.members) {
      member.space = target;
      target.members.push(member);
    }
  }
  return spaces.filter((space) => !targets.has(space));
}

function callsOf(space: Space): Fork[] {
  const calls = space.members.flatMap((member) => member.forks);
  return calls.sort((a, b) => a.at - b.at);
}

function hostsOf(facts: Facts, spaces: readonly Space[]): Host[] {
  const hosts: Host[] = [];
  for (const space of spaces) {
    const { first } = space;
    if (first === undefined || first.silent) continue;
    const from = facts.own[first.from];
    const to = facts.own[first.to - 1];
    hosts.push({ space, from, to, ...numbersOf(callsOf(space)) });
  }
  return hosts.sort((a, b) => a.from - b.from);
}

function numbersOf(calls: readonly Fork[]): Pick<Host, 'at' | 'highest' | 'lowest'> {
  const at = columnOf(calls, (fork) => fork.at);
  const highest = new Int32Array(calls.length);
  const lowest = new Int32Array(calls.length);
  let most = 1;
  for (let i = 0; i < calls.length; i++) {
    most = Math.max(most, calls[i].ret);
    highest[i] = most;
  }
  let least = calls.length === 0 ? 0 : calls[calls.length - 1].ret;
  for (let i = calls.length - 1; i >= 0; i--) {
    least = Math.min(least, calls[i].ret);
    lowest[i] = least;
  }
  return { at, highest, lowest };
}

/** Goes through guests and hosts by position, so that each guest meets only hosts then alive. */
function targetsOf(
  guests: ReadonlyMap<Space, readonly Fork[]>,
  hosts: readonly Host[],
  numbers: ReadonlyMap<Space, Numbers>,
): Map<Space, Space> {
  const targets = new Map<Space, Space>();
  let alive: Host[] = [];
  let next = 0;
  for (const [guest, calls] of [...guests].sort((a, b) => a[1][0].at - b[1][0].at)) {
    const { at } = calls[0];
    while (next < hosts.length && hosts[next].from < at) alive.push(hosts[next++]);
    alive = alive.filter((host) => host.to > at);
    const target = nearest(alive, calls, numbers);
    if (target === undefined) continue;
    targets.set(guest, target);
    for (const call of calls) numbers.get(target)?.add(call);
  }
  return targets;
}

/** The one host that the guest's numbers follow most closely; undefined when several do. */
function nearest(
  hosts: readonly Host[],
  guest: readonly Fork[],
  numbers: ReadonlyMap<Space, Numbers>,
): Space | undefined {
  let best: Space | undefined;
  let least = ENTERED_WITHIN;
  for (const host of hosts) {
    const distance = distanceBelow(host, guest);
    if (distance > least || (numbers.get(host.space)?.conflicts(guest) ?? 0) > 0) continue;
    if (distance === least) best = undefined;
    else {
      least = distance;
      best = host.space;
    }
  }
  return best;
}

/** How far the guest's first number lies above the host's before it; Infinity when it does not fit. */
function distanceBelow({ at, highest, lowest }: Host, guest: readonly Fork[]): number {
  const first = guest[0];
  const last = guest[guest.length - 1];
  const before = lowerBound(at, 0, at.length, first.at);
  const after = lowerBound(at, 0, at.length, last.at + 1);
  if (after < at.length && lowest[after] < last.ret) return Infinity;
  const below = before === 0 ? 1 : highest[before - 1];
  return first.ret > below ? first.ret - below : Infinity;
}
