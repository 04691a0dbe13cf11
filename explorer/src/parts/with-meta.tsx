import type { ComponentChildren } from 'preact'
import type { Meta } from '@touchline/schemas/api'
import { endpoints } from '../api/endpoints.js'
import { useResource } from '../api/resource.js'
import { ErrorPanel } from '../frame/error-panel.js'
import { Ready } from './ready.js'
import { NoEvents } from './setup/index.js'

interface WithMetaProps {
  children: (meta: Meta, reload: () => void) => ComponentChildren
}

/** What the server knows of the project, once it is there; where no event ever came, how to send one. */
export function WithMeta({ children }: WithMetaProps) {
  const { data, error, reload } = useResource(endpoints.meta())
  if (error !== undefined && data === undefined) return <ErrorPanel error={error} retry={reload} />
  if (data === undefined) return null
  if (data.events.total > 0) return <>{children(data, reload)}</>
  return (
    <>
      <Ready />
      <NoEvents />
    </>
  )
}
