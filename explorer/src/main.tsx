import { render } from 'preact'
import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/parts.css'
import { App } from './app/app.js'
import { listenToKeys } from './app/keys.js'
import { showPreferences } from './preferences.js'
import { begin } from './app/begin.js'

showPreferences()
listenToKeys()
void begin()
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
