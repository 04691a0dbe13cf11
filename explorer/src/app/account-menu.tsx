import { useEffect, useRef, useState } from 'preact/hooks'
import { useSession } from '../api/session.js'
import { useWords } from '../i18n/dictionary.js'
import type { Language } from '../i18n/language.js'
import { setPreferences, usePreferences, type Theme } from '../preferences.js'
import { signOut } from './begin.js'
import { useKey } from '../frame/keys.js'
import { words } from '../frame/words.js'

/** Which project this is, and what belongs to the reader: theme, language, keys, leaving. */
export function AccountMenu({ project, help }: { project: string; help: () => void }) {
  const t = useWords(words)
  const [isOpen, setIsOpen] = useState(false)
  const menu = useRef<HTMLDivElement>(null)
  useKey('Escape', isOpen ? () => setIsOpen(false) : undefined)
  useEffect(() => {
    if (!isOpen) return
    const closeOutside = ({ target }: Event) =>
      !(target instanceof Node && menu.current?.contains(target)) && setIsOpen(false)
    addEventListener('pointerdown', closeOutside)
    return () => removeEventListener('pointerdown', closeOutside)
  }, [isOpen])
  return (
    <div class="account-menu" ref={menu}>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-label={`${t.account}: ${project}`}
        title={t.account}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span class="cut">{project}</span> <span aria-hidden="true">▾</span>
      </button>
      {isOpen && <Menu project={project} help={help} />}
    </div>
  )
}

function Menu({ project, help }: { project: string; help: () => void }) {
  const t = useWords(words)
  const session = useSession()
  const { theme, language } = usePreferences()
  return (
    <div class="menu">
      <dl>
        <dt>{t.project}</dt>
        <dd class="cut">{project}</dd>
        <dt>{t.role}</dt>
        <dd>{t[`role.${session?.role ?? 'read'}`]}</dd>
      </dl>
      <label>
        {t.theme}
        <select
          value={theme}
          onChange={(event) => setPreferences({ theme: event.currentTarget.value as Theme })}
        >
          <option value="system">{t['theme.system']}</option>
          <option value="light">{t['theme.light']}</option>
          <option value="dark">{t['theme.dark']}</option>
        </select>
      </label>
      <label>
        {t.language}
        <select
          value={language}
          onChange={(event) => setPreferences({ language: event.currentTarget.value as Language })}
        >
          <option value="en" lang="en">
            English
          </option>
          <option value="ja" lang="ja">
            日本語
          </option>
        </select>
      </label>
      <button type="button" onClick={help}>
        {t.help} <kbd>?</kbd>
      </button>
      <button type="button" onClick={() => void signOut()}>
        {t.signOut}
      </button>
      <p class="small muted">Touchline {session?.version}</p>
    </div>
  )
}
