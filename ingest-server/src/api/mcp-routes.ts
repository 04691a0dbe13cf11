/** POST /mcp: assistants ask by the Model Context Protocol, with a secret key (docs/assistants.md). */
import { errorShape, errors } from '@touchline/schemas/api'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { openProjectSql, type ProjectSql } from '../clickhouse/project-sql.js'
import { errorTable, TouchlineError } from '../errors.js'
import { parseExact } from '../exact-json.js'
import { readerOf } from '../http/credentials.js'
import { answerMcp } from '../mcp/server.js'
import { ToolError, type Parameters, type ToolContext } from '../mcp/tool.js'
import type { Api, TimelineDeps } from './context.js'

const maxBodyBytes = 65_536

/** One message: a list of them is no part of the protocol any more, and one request would be many questions. */
const message = z
  .looseObject({ jsonrpc: z.literal('2.0'), method: z.string().max(200).optional() })
  .describe('One message of JSON-RPC 2.0, as the Model Context Protocol has it')

export function addMcp(api: Api, deps: TimelineDeps): void {
  const projectSql = openProjectSql(deps.clickhouse)
  api.addHook('onClose', () => projectSql.close())
  api.route({
    method: 'POST',
    url: '/mcp',
    bodyLimit: maxBodyBytes,
    config: { onlyReads: true },
    schema: {
      operationId: 'askAsAssistant',
      summary:
        'The Model Context Protocol for assistants: streamable HTTP without sessions, answered with JSON',
      description: 'Tools only, all of them read. A secret key opens it, a session of the Explorer does not.',
      tags: ['Assistants'],
      body: message,
      response: {
        200: z.unknown().describe('The answer as JSON-RPC 2.0'),
        202: z.null().describe('A notification needs no answer'),
        ...errors,
        403: errorShape,
      },
    },
    async handler(request, reply) {
      const response = await answerMcp({
        message: request.body,
        protocolVersion: [request.headers['mcp-protocol-version']].flat()[0],
        version: deps.session?.version ?? '',
        context: contextOf(request, { api, deps, projectSql }),
        onFault: (err) => request.log.error({ err, requestId: request.id }, 'A tool failed'),
      })
      const text = await response.text()
      void reply.code(response.status).header('cache-control', 'no-store')
      return text === '' ? reply.send() : reply.type('application/json; charset=utf-8').send(text)
    },
  })
}

interface Around {
  api: Api
  deps: TimelineDeps
  projectSql: ProjectSql
}

function contextOf(request: FastifyRequest, { api, deps, projectSql }: Around): ToolContext {
  const { project, isSession } = readerOf(request, deps.projects)
  const { authorization } = request.headers
  if (isSession === true || authorization === undefined)
    throw new TouchlineError(
      'KEY_MISSING',
      'Assistants need a secret key, as Bearer; a session is not enough.',
    )
  return {
    // The routes themselves, with the caller's key: what an assistant may ask and what it is told is decided there.
    async ask<Answer>(path: string, parameters: Parameters = {}) {
      const url = `${path}${queryOf(parameters)}`
      const answer = await api.inject({ url, headers: { authorization, accept: 'application/json' } })
      const body = parseExact(answer.payload)
      if (answer.statusCode !== 200) throw refusedBy(body as { code: string; message: string })
      return body as Answer
    },
    sql: (statement, rows) =>
      projectSql.ask(project.id, statement, rows).catch((error: unknown) => {
        throw error instanceof TouchlineError && error.code !== 'INTERNAL' ? refusedBy(error) : error
      }),
    linkTo: (path, query = {}) => `${deps.session?.publicUrl() ?? ''}${path}${queryOf(query)}`,
  }
}

function queryOf(parameters: Parameters): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    for (const one of [value].flat()) if (one != null) query.append(name, String(one))
  return query.size === 0 ? '' : `?${query}`
}

/** What a route says of a question that it refuses, which may name what was asked and what is stored. */
function refusedBy({ code, message }: { code: string; message: string }): ToolError {
  const mayRetry = code in errorTable && errorTable[code as keyof typeof errorTable].mayRetry
  const way = mayRetry
    ? 'This could not be answered now; the same question may be asked again in a while.'
    : 'This question was refused; `message` below names what to change.'
  return new ToolError(way, { code, message })
}
