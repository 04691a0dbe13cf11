/** `touchline grants`: the SQL that an administrator of a ClickHouse server runs once before Touchline connects. */
import { randomBytes } from 'node:crypto'
import { clusterOf } from '../clickhouse-options.js'
import { grantStatements, type NewUser } from '../clickhouse/grants.js'
import type { AddTo, Cli } from './command.js'

export const addGrants: AddTo = (command, cli) => {
  command
    .addHelpText(
      'after',
      `
Prints statements that make three users with no more rights than they need: the one that reads, writes and
migrates (CLICKHOUSE_USER), the one that answers over HTTP (CLICKHOUSE_READER_USER), and one for people and their
tools. An administrator runs them on the server, once; running them again changes nothing:

  touchline grants > users.sql

Names and passwords are those of the settings; what is not set is made up and printed in comments, as are the
settings to start Touchline with. Only hashes of passwords stand in the statements.
CLICKHOUSE_CLUSTER and KAFKA_ENGINE add what they need.`,
    )
    .action(() => grants(cli))
}

function grants({ config: settings, print }: Cli): void {
  const config = settings()
  const app = userOf(config.CLICKHOUSE_USER ?? 'touchline', config.CLICKHOUSE_PASSWORD)
  const reader = userOf(
    config.CLICKHOUSE_READER_USER ?? 'touchline_reader',
    config.CLICKHOUSE_READER_PASSWORD,
  )
  const analyst = userOf(config.CLICKHOUSE_ANALYST_USER ?? 'touchline_analyst', config.ANALYST_PASSWORD)
  const statements = grantStatements({
    database: config.CLICKHOUSE_DATABASE,
    app,
    reader,
    analyst,
    cluster: clusterOf(config),
    kafka: config.KAFKA_ENGINE,
  })
  const text = [
    '-- Start Touchline with:',
    `--   CLICKHOUSE_USER=${app.name} CLICKHOUSE_PASSWORD=${app.password}`,
    `--   CLICKHOUSE_READER_USER=${reader.name} CLICKHOUSE_READER_PASSWORD=${reader.password}`,
    '-- So that query_sql of /mcp works as well, while there is one project:',
    `--   CLICKHOUSE_ANALYST_USER=${analyst.name} ANALYST_PASSWORD=${analyst.password}`,
    `-- For people and their tools: user ${analyst.name}, password ${analyst.password}`,
    ...statements.map((statement) => `${statement};`),
  ].join('\n')
  print({ app, reader, analyst, statements }, text)
}

const userOf = (name: string, password: string | undefined): NewUser => ({
  name,
  password: password ?? randomBytes(18).toString('base64url'),
})
