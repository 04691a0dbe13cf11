/** `touchline dead-letters`: rows that ClickHouse refused, and putting them into the log again. */
import { parseArgs } from 'node:util'
import { subcommand, table, type Command } from './command.js'
import { askServer } from './open-parts.js'

const usage = `touchline dead-letters list   [--limit 50] [--json]
touchline dead-letters replay [--limit 1000]

Asks the running server. Of another project than the default one: --key SECRET_KEY. A replay appends the rows to
the log again; one that is refused again comes back to the list.`

const options = {
  limit: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

interface DeadLetter {
  storedAt: string
  target: string
  code: number
  reason: string
  position: string
  original: string
}

export const deadLetters: Command = {
  summary: 'list or replay rows that ClickHouse refused',
  usage,
  async run(args, config) {
    const [action, rest] = subcommand(args, ['list', 'replay'])
    const { values } = parseArgs({ args: rest, options })
    const query = values.limit === undefined ? '' : `?limit=${encodeURIComponent(values.limit)}`
    const { key } = values
    if (action === 'replay') {
      const { replayed } = await askServer<{ replayed: number }>(config, `/v1/dead-letters/replay${query}`, {
        method: 'POST',
        key,
      })
      console.log(`${replayed} are on their way again.`)
      return
    }
    const { deadLetters: found } = await askServer<{ deadLetters: DeadLetter[] }>(
      config,
      `/v1/dead-letters${query}`,
      { key },
    )
    if (values.json) for (const one of found) console.log(JSON.stringify(one))
    else
      console.log(
        table(
          ['STORED', 'TABLE', 'CODE', 'POSITION', 'REASON'],
          found.map((one) => [
            one.storedAt,
            one.target,
            String(one.code),
            one.position,
            one.reason.slice(0, 100),
          ]),
        ),
      )
  },
}
