import type { ComponentChildren } from 'preact'
import type { Resource } from '../api/resource.js'
import { ErrorPanel } from '../frame/error-panel.js'

interface AnswerProps<Data> {
  of: Resource<Data>
  children: (data: Data) => ComponentChildren
}

/** What is known, dimmed while it is of the question before; else why there is nothing. No skeletons. */
export function Answer<Data>({ of: { data, isOld, error, reload }, children }: AnswerProps<Data>) {
  return (
    <>
      {error !== undefined && <ErrorPanel error={error} retry={reload} />}
      {data !== undefined && (error === undefined || !isOld) && (
        <div class={isOld ? 'is-old' : undefined} aria-busy={isOld}>
          {children(data)}
        </div>
      )}
    </>
  )
}
