import { useState } from 'preact/hooks'
import { useSession } from '../api/session.js'
import { useWords } from '../i18n/dictionary.js'
import { searchOverlay, screens } from '../screens/registry.js'
import type { Screen } from '../screens/screen.js'
import { useCurrentInView } from '../parts/current-in-view.js'
import { Link } from '../url/link.js'
import { hrefOf } from '../url/url.js'
import { AccountMenu } from './account-menu.js'
import { Help } from './help.js'
import { useKey } from '../frame/keys.js'
import { RangeMenu } from './range-menu.js'
import { SearchDialog } from './search-dialog.js'
import { words } from '../frame/words.js'
import { ZoneMenu } from './zone-menu.js'

export function TopNav({ screen }: { screen: Screen | undefined }) {
  const t = useWords(words)
  const session = useSession()
  const [isSearching, setIsSearching] = useState(false)
  const [isHelping, setIsHelping] = useState(false)
  const search = searchOverlay === undefined ? undefined : () => setIsSearching(true)
  useKey('mod+k', search)
  useKey('/', search)
  useKey('?', () => setIsHelping(true))
  return (
    <header class="top">
      <Link class="brand" href={hrefOf('/')}>
        Touchline
      </Link>
      <nav class="screens" aria-label={t.menu} ref={useCurrentInView(screen)}>
        {screens
          .filter(({ key }) => key !== undefined)
          .map((one) => (
            <Link
              key={one.name}
              href={hrefOf(one.path)}
              aria-current={isWithin(screen, one) ? 'page' : undefined}
              onPointerEnter={() => void one.load().catch(() => undefined)}
            >
              {t[one.title]}
            </Link>
          ))}
      </nav>
      <div class="tools">
        {search !== undefined && (
          <button type="button" class="search-button" onClick={search} aria-keyshortcuts="Meta+K Control+K /">
            <span>{t.search}</span>
            <kbd>{isMac ? '⌘K' : 'Ctrl K'}</kbd>
          </button>
        )}
        {screen?.range !== undefined && <RangeMenu usual={screen.range} />}
        <ZoneMenu />
        <AccountMenu project={session?.project.name ?? ''} help={() => setIsHelping(true)} />
      </div>
      {isSearching && <SearchDialog close={() => setIsSearching(false)} />}
      {isHelping && <Help close={() => setIsHelping(false)} />}
    </header>
  )
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** An account belongs to Accounts. */
const isWithin = (screen: Screen | undefined, one: Screen) =>
  screen !== undefined && (screen === one || screen.path.startsWith(`${one.path === '/' ? '//' : one.path}/`))
