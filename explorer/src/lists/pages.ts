/** A list page after page: the first by itself, each further one when it is asked for. */
import { useEffect, useState } from 'preact/hooks'
import { get, type Endpoint } from '../api/client.js'
import { useResource, type Resource } from '../api/resource.js'

interface Page<Row> {
  rows: readonly Row[]
  nextCursor?: string | null | undefined
}

export interface Pages<Row> extends Omit<Resource<readonly Row[]>, 'data'> {
  rows: readonly Row[] | undefined
  /** undefined: there are no more. */
  more: (() => void) | undefined
}

/** `endpointAt` is asked with a cursor for the pages after the first; `read` finds the rows in an answer. */
export function usePages<Answer, Row>(
  endpointAt: (cursor: string | null) => Endpoint<Answer>,
  read: (answer: Answer) => Page<Row>,
): Pages<Row> {
  const first = useResource(endpointAt(null))
  const [further, setFurther] = useState<{ of: unknown; pages: Page<Row>[] }>({ of: undefined, pages: [] })
  const [error, setError] = useState<unknown>()
  useEffect(() => setError(undefined), [first.data])
  const pages =
    first.data === undefined ? [] : [read(first.data), ...(further.of === first.data ? further.pages : [])]
  const cursor = pages.at(-1)?.nextCursor
  return {
    ...first,
    error: first.error ?? error,
    rows: first.data === undefined ? undefined : pages.flatMap(({ rows }) => rows),
    more: cursor
      ? () =>
          void get(endpointAt(cursor)).then(
            (answer) => setFurther({ of: first.data, pages: [...pages.slice(1), read(answer)] }),
            setError,
          )
      : undefined,
  }
}
