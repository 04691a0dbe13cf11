/** A seeded source of chance: the same seed plays the same company, byte for byte. */
export interface Chance {
  /** A number in [0, 1). */
  next(): number
  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number
  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T
  /** True in `share` of the cases. */
  happens(share: number): boolean
}

/** mulberry32: 32 bits of state are plenty for a demo and the sequence is the same on every machine. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    integer,
    pick: (choices) => {
      const choice = choices[integer(0, choices.length - 1)]
      if (choice === undefined) throw new Error('pick needs at least one choice')
      return choice
    },
    happens: (share) => next() < share,
  }
}
