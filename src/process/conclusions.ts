/**
 * What is concluded about the lives of one boot, in columns: there are three or four for
 * every life, and an object for each would be most of what the analysis keeps.
 */
import { grown } from '../base/list.ts';
import type { Claim, Confidence } from '../model/process.ts';

/** What was concluded, by which rule, how surely. Equal ones are one object. */
export interface Verdict {
  readonly claim: Claim;
  readonly rule: string;
  readonly confidence: Confidence;
}

/** Where a life's conclusions lie: numbers in the columns; 0 none. */
export interface Concluded {
  firstConclusion: number;
  lastConclusion: number;
}

const FIRST_SIZE = 1 << 12;

export class Conclusions {
  #verdict = new Uint16Array(FIRST_SIZE);
  #at = new Int32Array(FIRST_SIZE);
  #next = new Int32Array(FIRST_SIZE);
  #count = 1;
  readonly #verdicts: Verdict[] = [];
  /** Numbers of the verdicts of each rule. */
  readonly #byRule = new Map<string, number[]>();
  /** The verdict concluded last: each step concludes mostly the same of one life after the other. */
  #last = 0;

  /** `at`: position of the event that the conclusion rests on. */
  add(about: Concluded, claim: Claim, rule: string, confidence: Confidence, at: number): void {
    if (this.#count === this.#at.length) this.#grow();
    const number = this.#count++;
    this.#last = this.#numberOf(claim, rule, confidence);
    this.#verdict[number] = this.#last;
    this.#at[number] = at;
    if (about.lastConclusion === 0) about.firstConclusion = number;
    else this.#next[about.lastConclusion] = number;
    about.lastConclusion = number;
  }

  /** The conclusion after one of the same life's, in the order in which they were drawn; 0 none. */
  next(number: number): number {
    return this.#next[number];
  }

  verdict(number: number): Verdict {
    return this.#verdicts[this.#verdict[number]];
  }

  at(number: number): number {
    return this.#at[number];
  }

  /** The number of the first conclusion of a claim; 0 none. */
  first(about: Concluded, claim: Claim): number {
    let number = about.firstConclusion;
    while (number !== 0 && this.verdict(number).claim !== claim) number = this.#next[number];
    return number;
  }

  #numberOf(claim: Claim, rule: string, confidence: Confidence): number {
    const last = this.#verdicts[this.#last];
    if (last?.rule === rule && last.claim === claim && last.confidence === confidence) {
      return this.#last;
    }
    let numbers = this.#byRule.get(rule);
    if (numbers === undefined) {
      numbers = [];
      this.#byRule.set(rule, numbers);
    }
    for (const number of numbers) {
      const known = this.#verdicts[number];
      if (known.claim === claim && known.confidence === confidence) return number;
    }
    const number = this.#verdicts.push({ claim, rule, confidence }) - 1;
    numbers.push(number);
    return number;
  }

  #grow(): void {
    const size = this.#at.length * 2;
    this.#verdict = grown(this.#verdict, new Uint16Array(size));
    this.#at = grown(this.#at, new Int32Array(size));
    this.#next = grown(this.#next, new Int32Array(size));
  }
}
