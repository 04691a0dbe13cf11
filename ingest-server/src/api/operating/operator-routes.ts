/** What only the operator does, by a secret key of the project `default`: holding parts for a backup, removing a project. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { FastifyRequest } from 'fastify'
import { errors, idParams } from '@touchline/schemas/api'
import { query } from '../../clickhouse/query.js'
import { identifier, literal } from '../../clickhouse/sql-quoting.js'
import { createProjectRemovals } from '../../erasure/remove-project.js'
import { TouchlineError } from '../../errors.js'
import { readerOf } from '../../http/credentials.js'
import { type Api, type TimelineDeps } from '../context.js'

const frozenSchema = z.object({
  name: z.string().describe('The folder of shadow/ that holds hard links to the parts'),
  tables: z.number().int(),
})

const tablesQuery = {
  name: 'tables-to-freeze',
  // Tables of origin last: what was derived and how far it was derived is never newer than what it comes from.
  sql: `
SELECT name FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
ORDER BY name IN ('events', 'erasures', 'rejected_events', 'dead_letters'), name`,
}

export function addOperator(api: Api, deps: TimelineDeps): void {
  addFreeze(api, deps)
  addProjectRemoval(api, deps)
}

function addFreeze(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/backups/freeze',
    schema: {
      tags: ['Operator'],
      summary: "Holds the embedded ClickHouse's parts as they are now, for touchline backup",
      description:
        'Needs a secret key of the project `default`. The parts stay on disk until their folder is removed, which ' +
        '`touchline backup` does once it has copied them.',
      response: { 200: frozenSchema, ...errors },
    },
    async handler(request) {
      forOperator(request, deps)
      if (deps.isEmbedded !== true)
        throw new TouchlineError('NOT_FOUND', 'This ClickHouse is not embedded: back it up by its own tools.')
      const { app } = deps.clickhouse
      const name = `backup_${randomUUID().replaceAll('-', '')}`
      const tables = await query<{ name: string }>({ client: app }, tablesQuery)
      for (const table of tables)
        await app.command({
          query: `ALTER TABLE ${identifier(table.name)} FREEZE WITH NAME ${literal(name)}`,
        })
      return { name, tables: tables.length }
    },
  })
}

function addProjectRemoval(api: Api, deps: TimelineDeps): void {
  const ending = new AbortController()
  api.addHook('onClose', async () => ending.abort())
  const removals = createProjectRemovals({ ...deps, logger: api.log, signal: ending.signal })
  api.route({
    method: 'DELETE',
    url: '/v1/projects/:id',
    schema: {
      tags: ['Operator'],
      summary: 'Removes everything of a project that has no keys any more',
      description:
        'Needs a secret key of the project `default`. Begins, and says how far it is when asked again. ' +
        '`touchline projects remove` takes the keys away first and asks until it is done.',
      params: idParams,
      response: { 202: removalSchema, ...errors },
    },
    async handler(request, reply) {
      forOperator(request, deps)
      const { id } = request.params
      if (deps.projects.all().some((project) => project.id === id))
        throw new TouchlineError('QUERY_INVALID', `id: ${id} is in use; touchline projects remove ${id}`)
      const { isDone, remaining } = removals.remove(id)
      return reply.code(202).send({ status: isDone ? 'removed' : 'running', remaining: { ...remaining } })
    },
  })
}

const removalSchema = z.object({
  status: z.enum(['running', 'removed']),
  remaining: z.record(z.string(), z.number()).describe('Rows that the last look found, by table'),
})

function forOperator(request: FastifyRequest, deps: TimelineDeps): void {
  const { project, isSession } = readerOf(request, deps.projects)
  if (isSession === true)
    throw new TouchlineError(
      'KEY_MISSING',
      'For the operator alone: a secret key, not a session of the Explorer.',
    )
  if (project.id !== 'default')
    throw new TouchlineError('NOT_FOUND', 'For the operator alone: a secret key of the project default.')
}
