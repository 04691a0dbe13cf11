/** `touchline dead-letters`: rows that ClickHouse refused, and putting them into the log again. */
import type { Command } from 'commander'
import { table, type AddTo, type Cli } from './command.js'
import { askServer } from './open-parts.js'

interface Chosen {
  limit?: string
  key?: string
}

interface DeadLetter {
  storedAt: string
  target: string
  code: number
  reason: string
  position: string
  original: string
}

export const addDeadLetters: AddTo = (command, cli) => {
  command.addHelpText(
    'after',
    '\nAsks the running server. A replay appends the rows to the log again; one that is refused again comes back to ' +
      'the list.',
  )
  withChoice(command.command('list').description('the rows that were refused'), 50).action((chosen: Chosen) =>
    list(cli, chosen),
  )
  withChoice(command.command('replay').description('put them into the log again'), 1_000).action(
    (chosen: Chosen) => replay(cli, chosen),
  )
}

const withChoice = (command: Command, limit: number) =>
  command
    .option('--limit <number>', `at most so many (${limit} unless said)`)
    .option('--key <secret-key>', 'of another project than the default one')

async function list({ config, print }: Cli, { limit, key }: Chosen): Promise<void> {
  const path = `/v1/dead-letters${queryOf(limit)}`
  const { deadLetters } = await askServer<{ deadLetters: DeadLetter[] }>(config(), path, { key })
  const rows = deadLetters.map((one) => [
    one.storedAt,
    one.target,
    String(one.code),
    one.position,
    one.reason.slice(0, 100),
  ])
  print(deadLetters, table(['STORED', 'TABLE', 'CODE', 'POSITION', 'REASON'], rows))
}

async function replay({ config, print }: Cli, { limit, key }: Chosen): Promise<void> {
  const path = `/v1/dead-letters/replay${queryOf(limit)}`
  const answer = await askServer<{ replayed: number }>(config(), path, { method: 'POST', key })
  print(answer, `${answer.replayed} are on their way again.`)
}

const queryOf = (limit: string | undefined) =>
  limit === undefined ? '' : `?limit=${encodeURIComponent(limit)}`
