/** What the rest of the server knows about ClickHouse, embedded or remote: two users and whether it answers. */
import type { ClickHouseClient } from '@clickhouse/client'

export interface ClickHouse {
  /** User `app`: reads and writes. Only fixed, parameterised statements; the database is its default. */
  readonly app: ClickHouseClient
  /** Read-only user with caps on time, memory and rows: everything that answers a person's question. */
  readonly reader: ClickHouseClient
  /** False while the server does not answer (starting, restarting, gone). */
  isReady(): boolean
  /** Why it is not ready, as the server or the network says; undefined when it is. */
  problem(): string | undefined
  /** For people and their tools: where it listens and as whom. */
  readonly analyst: {
    url: string
    user: string
    password: string | undefined
    /** Of the native protocol, where the embedded server has it on. */
    tcpPort: number | undefined
  }
  /** The read-only user that sees the rows of one project; undefined where there is none (a server of one's own without an analyst, or with several projects). */
  sqlUserOf(project: string): SqlUser | undefined
  close(): Promise<void>
}

export interface SqlUser {
  url: string
  username: string
  password: string
  database: string
}
