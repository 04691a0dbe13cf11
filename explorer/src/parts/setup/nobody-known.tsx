import { useWords } from '../../i18n/dictionary.js'
import { Code } from '../code.js'
import { words } from '../words.js'

export function NobodyKnown() {
  const t = useWords(words)
  return (
    <div class="setup">
      <h1>{t.nobodyTitle}</h1>
      <p>{t.nobody}</p>
      <Code label={t.nobody} text={"touchline.identify('u1', { email: 'ada@example.com', name: 'Ada' })"} />
    </div>
  )
}

export function NoAccounts() {
  const t = useWords(words)
  return (
    <div class="setup">
      <h1>{t.noAccountsTitle}</h1>
      <p>{t.noAccounts}</p>
      <Code label={t.noAccounts} text={"touchline.group('acme', { name: 'Acme', domain: 'acme.com' })"} />
      <p>{t.noAccountsDomain}</p>
    </div>
  )
}
