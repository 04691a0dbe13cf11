import { useState } from 'preact/hooks'
import { useFormats } from '../i18n/formats.js'
import { useWords } from '../i18n/dictionary.js'
import { dayOf, relativeRanges, shifted, type RangeName } from '../url/days.js'
import { useRange } from '../url/range.js'
import { useZone } from '../url/zone.js'
import { Dialog } from '../frame/dialog.js'
import { useKey } from '../frame/keys.js'
import { words } from '../frame/words.js'

export function RangeMenu({ usual }: { usual: RangeName }) {
  const t = useWords(words)
  const formats = useFormats()
  const range = useRange(usual)
  const { zone } = useZone()
  const [isChoosing, setIsChoosing] = useState(false)
  const shift = (by: -1 | 1) => {
    const name = shifted(range, by, zone, Date.now())
    if (name !== undefined) range.set(name)
  }
  useKey('[', () => shift(-1))
  useKey(']', () => shift(1))
  const isDays = range.name.includes('..')
  const days = `${formats.day(range.from ?? 0)} – ${formats.day((range.to ?? Date.now()) - 1)}`
  return (
    <>
      <select
        aria-label={t.range}
        aria-keyshortcuts="[ ]"
        value={isDays ? 'days' : range.name}
        onChange={(event) => {
          const { value } = event.currentTarget
          if (value === 'custom') {
            event.currentTarget.value = isDays ? 'days' : range.name
            setIsChoosing(true)
          } else range.set(value as RangeName)
        }}
      >
        {relativeRanges.map((name) => (
          <option key={name} value={name}>
            {t[`range.${name}`]}
          </option>
        ))}
        <option value="all">{t['range.all']}</option>
        {isDays && <option value="days">{days}</option>}
        <option value="custom">{t['range.custom']}</option>
      </select>
      {isChoosing && (
        <BetweenDays
          from={dayOf(range.from ?? Date.now() - 90 * 86_400_000, zone)}
          to={dayOf((range.to ?? Date.now()) - 1, zone)}
          set={range.set}
          close={() => setIsChoosing(false)}
        />
      )}
    </>
  )
}

interface BetweenDaysProps {
  from: string
  to: string
  set: (name: RangeName) => void
  close: () => void
}
function BetweenDays({ from, to, set, close }: BetweenDaysProps) {
  const t = useWords(words)
  const [first, setFirst] = useState(from)
  const [last, setLast] = useState(to)
  return (
    <Dialog label={t['range.custom']} class="between" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          set(`${first}..${last}`)
          close()
        }}
      >
        <label>
          {t['range.from']}
          <input
            type="date"
            required
            value={first}
            max={last}
            onInput={(e) => setFirst(e.currentTarget.value)}
          />
        </label>
        <label>
          {t['range.to']}
          <input
            type="date"
            required
            value={last}
            min={first}
            onInput={(e) => setLast(e.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          {t.apply}
        </button>
      </form>
    </Dialog>
  )
}
