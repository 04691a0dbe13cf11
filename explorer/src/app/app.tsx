import { useSessionState } from '../api/session.js'
import { useIsGone } from '../api/connection.js'
import { useWords } from '../i18n/dictionary.js'
import { useUrl } from '../url/url.js'
import { screenAt, screens } from '../screens/registry.js'
import { useKey } from '../frame/keys.js'
import { useBeginError, begin } from './begin.js'
import { ErrorPanel } from '../frame/error-panel.js'
import { LoadingBar } from './loading-bar.js'
import { TopNav } from './top-nav.js'
import { ScreenFrame } from './screen-frame.js'
import { UnknownPage } from './unknown-page.js'
import { hrefOf, navigate } from '../url/url.js'
import { lazy } from '../parts/lazy.js'
import { words } from '../frame/words.js'

/** Who has a session never needs it. */
const SignIn = lazy(async () => (await import('./sign-in.js')).SignIn)

export function App() {
  const session = useSessionState()
  const beginError = useBeginError()
  const { path } = useUrl()
  if (session === undefined)
    return beginError === undefined ? (
      <LoadingBar />
    ) : (
      <main class="page">
        <ErrorPanel error={beginError} retry={() => void begin()} />
      </main>
    )
  if (session === null || path === '/signin') return <SignIn />
  return <Signed path={path} warnings={session.warnings} />
}

function Signed({ path, warnings }: { path: string; warnings: readonly string[] }) {
  const found = screenAt(path)
  const t = useWords(words)
  return (
    <>
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <LoadingBar />
      <TopNav screen={found?.screen} />
      <GoKeys />
      <Gone />
      {warnings.map((warning) => (
        <p class="banner banner--warning" role="note" key={warning}>
          <strong>{t.insecure}</strong> {warning}
        </p>
      ))}
      {found === undefined ? <UnknownPage path={path} /> : <ScreenFrame {...found} />}
    </>
  )
}

function Gone() {
  const t = useWords(words)
  return <div aria-live="polite">{useIsGone() && <p class="banner banner--gone">{t.gone}</p>}</div>
}

function GoKeys() {
  return (
    <>
      {screens.map(
        ({ name, key, path }) => key !== undefined && <GoKey key={name} letter={key} path={path} />,
      )}
    </>
  )
}

function GoKey({ letter, path }: { letter: string; path: string }) {
  useKey(`g ${letter}`, () => navigate(hrefOf(path)))
  return null
}
