/** What a command of `touchline` is, and what several of them need. */
import type { Config } from '../config.js'
import { TouchlineError } from '../errors.js'

export interface Command {
  /** For `touchline help`. */
  summary: string
  /** For `touchline <command> --help`. */
  usage: string
  /** Resolves with the exit code, nothing meaning 0; throws with one line that says what to do. */
  run(args: string[], config: Config): Promise<number | void>
}

export const usageError = (message: string) => new TouchlineError('CONFIG_INVALID', message)

/** The first word of a command's arguments, which names what to do, and the rest. */
export function subcommand<Name extends string>(args: string[], names: readonly Name[]): [Name, string[]] {
  const [word, ...rest] = args
  const found = names.find((name) => name === word)
  if (found === undefined) throw usageError(`say what to do: ${names.join(', ')}.`)
  return [found, rest]
}

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30d`, `12h`, `45m`, `10s` or `0` in milliseconds. */
export function durationMs(text: string, option: string): number {
  const found = /^(\d{1,9})([smhd])$/.exec(text)
  if (text === '0') return 0
  if (!found) throw usageError(`${option}: ${text} is not a time like 30d, 12h, 45m or 0.`)
  return Number(found[1]) * (units[found[2] ?? ''] ?? 0)
}

export function positiveNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw usageError(`${option}: ${text} is not a number above 0.`)
  return value
}

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
