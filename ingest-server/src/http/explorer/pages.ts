/**
 * The pages of the Explorer, as built into explorer/dist: `/assets/*` never change and are packed beside themselves,
 * every address of a page answers the same index.html, which then draws what the address says (History API).
 */
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import accepts from 'accepts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { explorerPages } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { answerError } from '../answers.js'

// Both src/http/explorer and dist/http/explorer stand three folders below the workspace that explorer is a sister of.
export const explorerDist = new URL('../../../../explorer/dist/', import.meta.url)

const yearMs = 365 * 86_400_000

/** Nothing from elsewhere, nothing inline, no text that becomes script or markup, in nobody's frame. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const pageHeaders = {
  'cache-control': 'no-cache',
  'content-security-policy': pagePolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'Accept',
}

export const wantsPage = (request: FastifyRequest): boolean =>
  accepts(request.raw).type(['json', 'html']) === 'html'

/** The page that all addresses of the Explorer answer; undefined where it is not built. */
export async function readPage(dist = explorerDist): Promise<Buffer | undefined> {
  try {
    return await readFile(fileURLToPath(new URL('index.html', dist)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export const sendPage = (reply: FastifyReply, page: Buffer): FastifyReply =>
  reply.headers(pageHeaders).type('text/html; charset=utf-8').send(page)

/** Whatever is wrong with an address of a file: there is no such file. */
function toMissing(error: unknown): unknown {
  const { statusCode } = error as { statusCode?: number }
  const isOfClient = statusCode !== undefined && statusCode >= 400 && statusCode < 500
  return isOfClient ? new TouchlineError('NOT_FOUND', undefined, { cause: error }) : error
}

/** `/` is answered by front-page.ts, which serves programs too. */
export function explorerRoutes(dist = explorerDist): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => answerError(toMissing(error), request, reply))
    const root = fileURLToPath(new URL('assets', dist))
    // A server without the pages is whole without them.
    if (existsSync(root))
      await app.register(fastifyStatic, {
        root,
        prefix: '/assets/',
        decorateReply: false,
        index: false,
        dotfiles: 'ignore',
        preCompressed: true,
        immutable: true,
        maxAge: yearMs,
        schemaHide: true,
        setHeaders: (answer) => void answer.setHeader('cross-origin-resource-policy', 'same-origin'),
      })
    for (const page of explorerPages)
      for (const url of [`/${page}`, `/${page}/*`])
        app.get(url, { schema: { hide: true } }, async (request, reply) => {
          const built = wantsPage(request) ? await readPage(dist) : undefined
          if (built === undefined) throw new TouchlineError('NOT_FOUND')
          return sendPage(reply, built)
        })
  }
}
