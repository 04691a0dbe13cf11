/** `touchline rejected`: what was refused as an event, and sending it again after the cause is gone. */
import { parseArgs } from 'node:util'
import { subcommand, table, type Command } from './command.js'
import { askServer } from './open-parts.js'

const usage = `touchline rejected list   [--code EVENT_NO_ID] [--from TIME] [--to TIME] [--limit 50] [--json]
touchline rejected replay [--code EVENT_NO_ID] [--from TIME] [--to TIME] [--limit 1000]

Asks the running server. Of another project than the default one: --key SECRET_KEY. A replay judges each event
again as of the time it was received; what is accepted now becomes an event and leaves the list.`

const options = {
  code: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  limit: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

interface Refused {
  receivedAt: string
  messageId: string
  code: string
  message: string
  original: string
}

export const rejected: Command = {
  summary: 'list or replay events that were refused',
  usage,
  async run(args, config) {
    const [action, rest] = subcommand(args, ['list', 'replay'])
    const { values } = parseArgs({ args: rest, options })
    const query = new URLSearchParams()
    for (const name of ['code', 'from', 'to', 'limit'] as const) {
      const value = values[name]
      if (value !== undefined) query.set(name, value)
    }
    const { key } = values
    if (action === 'replay') {
      const { replayed, refused } = await askServer<{ replayed: number; refused: number }>(
        config,
        `/v1/rejected/replay?${query}`,
        { method: 'POST', key },
      )
      console.log(`${replayed} are events now, ${refused} are refused again.`)
      return
    }
    const { rejected: found } = await askServer<{ rejected: Refused[] }>(config, `/v1/rejected?${query}`, {
      key,
    })
    if (values.json) for (const one of found) console.log(JSON.stringify(one))
    else
      console.log(
        table(
          ['RECEIVED', 'CODE', 'MESSAGE ID', 'WHAT'],
          found.map((one) => [one.receivedAt, one.code, one.messageId, one.message]),
        ),
      )
  },
}
