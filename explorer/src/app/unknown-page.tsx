import { useWords } from '../i18n/dictionary.js'
import { nearestScreen } from '../screens/registry.js'
import { Link } from '../url/link.js'
import { hrefOf } from '../url/url.js'
import { useReady } from '../frame/ready.js'
import { words } from '../frame/words.js'

export function UnknownPage({ path }: { path: string }) {
  const t = useWords(words)
  const nearest = nearestScreen(path)
  useReady(true)
  return (
    <main id="main" class="page" data-screen="unknown" data-ready="">
      <section class="panel">
        <h1>{t['unknown.title']}</h1>
        <p class="said">{t['unknown.body'](path.slice(0, 200))}</p>
        {nearest !== undefined && (
          <p>
            {t['unknown.nearest']} <Link href={hrefOf(nearest.path)}>{t[nearest.title]}</Link>
          </p>
        )}
      </section>
    </main>
  )
}
