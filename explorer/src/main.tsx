import { render } from 'preact'
import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/parts.css'
import { App } from './app/app.js'
import { listenToKeys } from './frame/keys.js'
import { loadLanguage } from './i18n/language.js'
import { preferences, setForPage, showPreferences } from './preferences.js'
import { begin } from './app/begin.js'

showPreferences()
listenToKeys()
void begin()
const root = document.getElementById('app')
// Nothing is drawn in another language first; without its words the page speaks English, and what is chosen stays chosen.
void loadLanguage(preferences().language)
  .catch(() => setForPage({ language: 'en' }))
  .then(() => {
    if (root !== null) render(<App />, root)
  })
