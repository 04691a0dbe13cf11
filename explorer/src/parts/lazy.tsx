import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ErrorPanel } from '../frame/error-panel.js'
import { useReady } from '../frame/ready.js'

/** A component whose code is fetched when it is first shown; until then there is nothing. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined
  return function Lazy(props: Props) {
    const [Component, setComponent] = useState<ComponentType<Props> | undefined>(() => loaded)
    const [error, setError] = useState<unknown>()
    useReady(Component !== undefined || error !== undefined)
    useEffect(() => {
      if (loaded !== undefined) return
      load().then((component) => {
        loaded = component
        setComponent(() => component)
      }, setError)
    }, [])
    if (error !== undefined) return <ErrorPanel error={error} />
    return Component === undefined ? null : <Component {...props} />
  }
}
