/** What a command of `touchline` is, and what several of them need. */
import type { Command } from 'commander'
import type { Config } from '../config.js'
import { TouchlineError } from '../errors.js'

/** What a command may use of the program around it. */
export interface Cli {
  /** The settings, read when a command runs: its help needs none. */
  config: () => Config
  /** Prints what was asked for or done: `text` to people, with `--json` the value as one line of JSON. */
  print: (value: unknown, text: string) => void
  /** True with `--json`: for a command that prints as it goes. */
  isJson: () => boolean
}

/** Gives the command its options, subcommands and actions. An action throws with one line that says what to do. */
export type AddTo = (command: Command, cli: Cli) => void

export const usageError = (message: string) => new TouchlineError('CONFIG_INVALID', message)

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads the value of an option such as `30d`, `12h`, `45m`, `10s` or `0`, in milliseconds. */
export const duration = (option: string) => (text: string) => {
  const found = /^(\d{1,9})([smhd])$/.exec(text)
  if (text === '0') return 0
  if (!found) throw usageError(`${option}: ${text} is not a time like 30d, 12h, 45m or 0.`)
  return Number(found[1]) * (units[found[2] ?? ''] ?? 0)
}

/** Reads the value of an option that is a number above 0. */
export const positive = (option: string) => (text: string) => {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw usageError(`${option}: ${text} is not a number above 0.`)
  return value
}

/** For an option that may be given several times. */
export const several = (text: string, before: readonly string[] = []) => [...before, text]

/** Rows under their headings, columns as wide as what stands in them. */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell ?? ''))
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
