import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks'
import type { ComponentType } from 'preact'
import { useWords } from '../i18n/dictionary.js'
import type { Screen, ScreenProps } from '../screens/screen.js'
import { ErrorPanel } from '../frame/error-panel.js'
import { useIsReady } from '../frame/ready.js'
import { words } from '../frame/words.js'

interface Shown {
  screen: Screen
  params: Record<string, string>
  Component: ComponentType<ScreenProps>
}

/** Loads a screen's chunk; the screen before stays, dimmed, until it is there. */
export function ScreenFrame({ screen, params }: { screen: Screen; params: Record<string, string> }) {
  const t = useWords(words)
  const [shown, setShown] = useState<Shown>()
  const [failure, setFailure] = useState<unknown>()
  const isReady = useIsReady()
  const main = useRef<HTMLElement>(null)
  const isThere = shown?.screen === screen
  useEffect(() => {
    let isWanted = true
    setFailure(undefined)
    screen.load().then(
      ({ default: Component }) => isWanted && setShown({ screen, params, Component }),
      (error: unknown) => isWanted && setFailure(error),
    )
    return () => void (isWanted = false)
  }, [screen])
  useEffect(() => {
    document.title = `${t[screen.title]} · Touchline`
  }, [screen, t])
  return (
    <main
      id="main"
      ref={main}
      tabIndex={-1}
      data-screen={screen.name}
      data-ready={isThere && isReady ? '' : undefined}
      class={isThere ? 'page' : 'page is-old'}
    >
      {failure !== undefined && <ErrorPanel error={failure} />}
      {shown !== undefined && (
        // Keyed by who it is about: nothing of one account's state is taken along to another.
        <Guarded key={`${shown.screen.name} ${JSON.stringify(isThere ? params : shown.params)}`}>
          <shown.Component params={isThere ? params : shown.params} />
        </Guarded>
      )}
    </main>
  )
}

function Guarded({ children }: { children: preact.ComponentChildren }) {
  const [error] = useErrorBoundary() as [unknown, () => void]
  return error === undefined ? <>{children}</> : <ErrorPanel error={error} />
}
