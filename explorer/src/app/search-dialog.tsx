import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useWords } from '../i18n/dictionary.js'
import { screens, searchOverlay } from '../screens/registry.js'
import type { SearchProps } from '../screens/screen.js'
import { Dialog } from '../frame/dialog.js'
import { words } from '../frame/words.js'

/** Where the search of `screens/search` stands, over any screen. */
export function SearchDialog({ close }: { close: () => void }) {
  const t = useWords(words)
  const [Search, setSearch] = useState<ComponentType<SearchProps>>()
  useEffect(() => {
    void searchOverlay?.().then(({ default: component }) => setSearch(() => component))
  }, [])
  return (
    <Dialog label={t.search} class="search" close={close}>
      {Search !== undefined && (
        <Search
          close={close}
          screens={screens.flatMap(({ path, title }) =>
            path.includes(':') ? [] : [{ path, title: t[title] }],
          )}
        />
      )}
    </Dialog>
  )
}
