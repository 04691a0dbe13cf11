/** `touchline rejected`: what was refused as an event, and sending it again after the cause is gone. */
import type { Command } from 'commander'
import { table, type AddTo, type Cli } from './command.js'
import { askServer } from './open-parts.js'

interface Chosen {
  code?: string
  from?: string
  to?: string
  limit?: string
  key?: string
}

interface Refused {
  receivedAt: string
  messageId: string
  code: string
  message: string
  original: string
}

export const addRejected: AddTo = (command, cli) => {
  command.addHelpText(
    'after',
    '\nAsks the running server. A replay judges each event again as of the time it was received; what is accepted ' +
      'now becomes an event and leaves the list.',
  )
  withChoice(command.command('list').description('the events that were refused, newest first'), 50).action(
    (chosen: Chosen) => list(cli, chosen),
  )
  withChoice(command.command('replay').description('judge them again'), 1_000).action((chosen: Chosen) =>
    replay(cli, chosen),
  )
}

const withChoice = (command: Command, limit: number) =>
  command
    .option('--code <code>', 'refused for this reason, such as EVENT_NO_ID')
    .option('--from <time>', 'received at this time or later')
    .option('--to <time>', 'received before')
    .option('--limit <number>', `at most so many (${limit} unless said)`)
    .option('--key <secret-key>', 'of another project than the default one')

async function list({ config, print }: Cli, chosen: Chosen): Promise<void> {
  const { rejected } = await askServer<{ rejected: Refused[] }>(config(), `/v1/rejected?${queryOf(chosen)}`, {
    key: chosen.key,
  })
  const rows = rejected.map((one) => [one.receivedAt, one.code, one.messageId, one.message])
  print(rejected, table(['RECEIVED', 'CODE', 'MESSAGE ID', 'WHAT'], rows))
}

async function replay({ config, print }: Cli, chosen: Chosen): Promise<void> {
  const path = `/v1/rejected/replay?${queryOf(chosen)}`
  const answer = await askServer<{ replayed: number; refused: number }>(config(), path, {
    method: 'POST',
    key: chosen.key,
  })
  print(answer, `${answer.replayed} are events now, ${answer.refused} are refused again.`)
}

function queryOf(chosen: Chosen): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of ['code', 'from', 'to', 'limit'] as const) {
    const value = chosen[name]
    if (value !== undefined) query.set(name, value)
  }
  return query
}
