import { useWords } from '../i18n/dictionary.js'
import { setPreferences, usePreferences } from '../preferences.js'
import { screens, searchOverlay } from '../screens/registry.js'
import { useStore } from '../store.js'
import { Dialog } from '../frame/dialog.js'
import { moreKeys } from '../frame/more-keys.js'
import { words } from '../frame/words.js'

/** Which keys there are, and the switch that takes the single letters away. */
export function Help({ close }: { close: () => void }) {
  const t = useWords(words)
  const { letterKeys } = usePreferences()
  const rows: [string, string][] = [
    ...(searchOverlay === undefined ? [] : [['⌘K  /', t['key.search']] satisfies [string, string]]),
    ...screens.flatMap(({ key, title }): [string, string][] =>
      key === undefined ? [] : [[`g ${key}`, t[title]]],
    ),
    ['[  ]', `${t['key.rangeBack']} · ${t['key.rangeForth']}`],
    ['t', t['key.table']],
    ['e', t['key.csv']],
    ['?', t['key.help']],
    ...useStore(moreKeys),
  ]
  return (
    <Dialog label={t.help} class="help" close={close}>
      <h2>{t.help}</h2>
      <dl class="keys">
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split('  ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={letterKeys}
          onChange={(event) => setPreferences({ letterKeys: event.currentTarget.checked })}
        />
        {t.letterKeys}
      </label>
      <button type="button" onClick={close}>
        {t.close}
      </button>
    </Dialog>
  )
}
