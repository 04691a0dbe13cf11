/** What a tool is: a question to this server's own routes, and its answer in few words. */
import { z } from 'zod'
import { meant } from '../definitions/nearest.js'
import type { SqlAnswer } from '../clickhouse/project-sql.js'
import type { Data, Told } from './quoted.js'

export type Parameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>

/** What a tool may use. Whatever it asks is asked with the assistant's own key. */
export interface ToolContext {
  /** A GET of this server; parameters that are undefined are left out. Throws ToolError with what the route refuses. */
  ask: <Answer>(path: string, parameters?: Parameters) => Promise<Answer>
  /** One statement as the project's SQL user, at most so many rows. Throws ToolError. */
  sql: (statement: string, rows: number) => Promise<SqlAnswer>
  /** Where a browser opens a path of the Explorer. */
  linkTo: (path: string, query?: Parameters) => string
}

/** What the caller can mend. */
export class ToolError extends Error {
  /** Shown as quoted data: it may hold what was sent or stored. */
  readonly data: Data | undefined

  constructor(message: string, data?: Data) {
    super(message)
    this.name = 'ToolError'
    this.data = data
  }
}

export interface Tool {
  name: string
  title: string
  description: string
  input: z.ZodObject
  call: (args: unknown, context: ToolContext) => Promise<Told>
}

interface ToolDefinition<Input extends z.ZodObject> extends Omit<Tool, 'call' | 'input'> {
  input: Input
  answer: (args: z.output<Input>, context: ToolContext) => Promise<Told>
}

export const tool = <Input extends z.ZodObject>({ answer, ...about }: ToolDefinition<Input>): Tool => ({
  ...about,
  call: async (args, context) => answer(argumentsOf(about, args), context),
})

function argumentsOf<Input extends z.ZodObject>(
  { name, input }: { name: string; input: Input },
  args: unknown,
): z.output<Input> {
  const result = input.safeParse(args ?? {})
  if (result.success) return result.data
  const known = Object.keys(input.shape)
  const wrong = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `there is no argument ${key.slice(0, 50)}${meant(key, known)}`).join(' ')
      : `${issue.path.join('.') || 'arguments'}: ${issue.message}`,
  )
  throw new ToolError(`${name} takes ${takes(input)}.`, { wrong })
}

/** `id (required), from, to` */
const takes = ({ shape }: z.ZodObject): string =>
  Object.entries(shape)
    .map(([key, schema]) => (z.safeParse(schema as z.ZodType, undefined).success ? key : `${key} (required)`))
    .join(', ')

/** Arguments that several tools have. */
export const time = z.string().max(40).optional()
export const limitOf = (most: number, usual: number) =>
  z
    .number({ error: `must be a number from 1 to ${most}` })
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .describe(`At most so many rows, ${most} at most`)
export const window = {
  from: time.describe('Only what happened at or after this time, such as 2026-03-01 or 2026-03-01T10:00:00Z'),
  to: time.describe('Only what happened before this time'),
}
export const subjectWord = z.enum(['account', 'person'], { error: 'must be account or person' })
export const word = (what: string) => z.string().trim().min(1).max(300).describe(what)

/** `3 accounts`, `1 account` */
export const counted = (n: number, one: string, several = `${one}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : several}`

/** `shown: 20` where there are more. */
export const shownOf = (shown: number, total: number): string =>
  shown < total ? `; shown are ${shown.toLocaleString('en-US')}` : ''

export const pathOf = {
  account: (id: string) => `/accounts/${encodeURIComponent(id)}`,
  person: (id: string) => `/people/${encodeURIComponent(id)}`,
}

export const rounded = (days: number | null | undefined): number | null =>
  days == null ? null : Math.round(days * 10) / 10

export const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
