/**
 * Sources as they are defined. Anybody may ask for one, without a key and by any name, so what is asked of ClickHouse does
 * not grow with who asks: the list of a project, now and then.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ImportBody, SourceBody } from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import { listDefinitions } from '../../definitions/documents/read.js'
import { TouchlineError } from '../../errors.js'
import type { Project } from '../../projects/project.js'
import { findMap } from '../../sources/find-map.js'

export interface Source {
  body: SourceBody
  map: ImportBody
}

/** A definition that was changed counts within this; while ClickHouse is away the last that was read does. */
const knownForMs = 3_000
/** A source that is not known may be new: all who ask for such ones wait for one reading, and the next comes no sooner. */
const leastBetweenMs = 250

/** Throws NOT_FOUND where there is none of that name, and what ClickHouse fails of where it was never read. */
export type SourceOf = (project: Project, id: string) => Promise<Source>

export function openSources(client: () => Reader['client']): SourceOf {
  const lists = new Map<string, ReturnType<typeof openList>>()
  const listOf = (project: Project) => {
    const known = lists.get(project.id)
    // By project as it stands: when its settings change it is another object.
    if (known?.project === project) return known
    const { id, identify, domains } = project
    const list = openList(project, () => ({
      ...{ client: client(), project: id, signedOnly: identify === 'signed-only', domains },
    }))
    lists.set(id, list)
    return list
  }
  return async (project, id) => {
    const askedMs = performance.now()
    const list = listOf(project)
    const source = (await list.recent())(id) ?? (await list.since(askedMs))(id)
    if (source === undefined) throw new TouchlineError('NOT_FOUND', `There is no definition sources/${id}.`)
    return await source
  }
}

type Find = (id: string) => Promise<Source> | undefined

function openList(project: Project, reader: () => Reader) {
  let last: { find: Find; begunMs: number } | undefined
  let reading: Promise<Find> | undefined

  async function read(): Promise<Find> {
    const begunMs = performance.now()
    const asks = reader()
    const sources = new Map((await listDefinitions(asks, 'sources')).map(({ id, body }) => [id, body]))
    const find = once((id) => {
      const body = sources.get(id)
      return body && withMap(asks, body)
    })
    last = { find, begunMs }
    return find
  }
  const readOnce = () => (reading ??= read().finally(() => (reading = undefined)))

  return {
    project,
    async recent(): Promise<Find> {
      if (last !== undefined && performance.now() - last.begunMs < knownForMs) return last.find
      const before = last
      return readOnce().catch((error: unknown) => {
        if (before === undefined) throw error
        return before.find
      })
    },
    /** As it stood at that time or later. */
    async since(askedMs: number): Promise<Find> {
      while (last === undefined || last.begunMs < askedMs) {
        const waitMs = (last?.begunMs ?? -Infinity) + leastBetweenMs - performance.now()
        if (waitMs > 0) await delay(waitMs)
        if (last === undefined || last.begunMs < askedMs) await readOnce()
      }
      return last.find
    },
  }
}

async function withMap(reader: Reader, body: SourceBody): Promise<Source> {
  const { map } = body
  return { body, map: typeof map === 'string' ? (await findMap(reader, map)).body : map }
}

/** What was found stays; what failed is looked for again. */
function once(find: Find): Find {
  const found = new Map<string, Promise<Source>>()
  return (id) => {
    const known = found.get(id)
    if (known !== undefined) return known
    const source = find(id)
    if (source === undefined) return undefined
    found.set(id, source)
    source.catch(() => found.delete(id))
    return source
  }
}
