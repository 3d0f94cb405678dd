/** The model of the kernel: a program in, its true history and its audit log out. */
import { arrive } from './arrival.ts';
import { run } from './machine.ts';
import type { Proc } from './state.ts';
import { chainOf } from './state.ts';
import type { History, Program, SimEvent, TrueBoot, TrueProcess } from './types.ts';

export function simulate(program: Program): History {
  const procs: Proc[] = [];
  const boots: TrueBoot[] = [];
  const events: SimEvent[] = [];
  const bootOf: number[] = [];
  program.hosts.forEach((host, h) => {
    for (const plan of host.boots) {
      const index = boots.length;
      const seed = (program.seed * 31 + index) >>> 0;
      const ran = run({ plan, index, seed, enriched: host.enriched, procs });
      const { phase, startMs, tick } = ran.machine;
      boots.push({ host: h, node: host.node ?? '', tick, startMs, phase, enriched: host.enriched });
      events.push(...ran.events);
      while (bootOf.length < procs.length) bootOf.push(index);
    }
  });
  const lives = procs.map((proc, i) => truthOf(proc, bootOf[i]));
  return { program, boots, lives, events, lines: arrive(events, boots, program.seed) };
}

/** The same history with only some of its events in the log. */
export function withEvents(history: History, keep: (event: SimEvent) => boolean): History {
  const events = history.events.filter(keep);
  return { ...history, events, lines: arrive(events, history.boots, history.program.seed) };
}

function truthOf(proc: Proc, boot: number): TrueProcess {
  const { index, numbers, ns, bornAt, parents, recorded, threads, end, deadAt, freedAt } = proc;
  return {
    index,
    boot,
    pid: numbers[0],
    numbers,
    nsPid: numbers[ns.level],
    level: ns.level,
    namespaces: [...chainOf(ns)].map((at) => at.id).reverse(),
    bornAt,
    parents,
    recorded,
    threads,
    end,
    deadAt,
    freedAt,
  };
}
