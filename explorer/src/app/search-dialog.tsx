import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useWords } from '../i18n/dictionary.js'
import { searchOverlay } from '../screens/registry.js'
import { Dialog } from './dialog.js'
import { words } from './words.js'

/** Where the search of `screens/search` stands, over any screen. */
export function SearchDialog({ close }: { close: () => void }) {
  const t = useWords(words)
  const [Search, setSearch] = useState<ComponentType<{ close: () => void }>>()
  useEffect(() => {
    void searchOverlay?.().then(({ default: component }) => setSearch(() => component))
  }, [])
  return (
    <Dialog label={t.search} class="search" close={close}>
      {Search !== undefined && <Search close={close} />}
    </Dialog>
  )
}
