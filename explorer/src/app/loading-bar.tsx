import { pending } from '../api/client.js'
import { useWords } from '../i18n/dictionary.js'
import { useStore } from '../store.js'
import { words } from '../frame/words.js'

/** Two pixels, and only where it takes longer than 200 ms (by the delay in frame.css). */
export function LoadingBar() {
  const t = useWords(words)
  return useStore(pending) > 0 ? <div class="loading-bar" role="progressbar" aria-label={t.loading} /> : null
}
