import { displayText } from './text.js'

interface PickProps {
  label: string
  value: string
  options: readonly { id: string; name: string }[]
  pick: (id: string) => void
  /** The label is read, not seen. */
  isLabelUnseen?: boolean
}

/** One of a few. What the address says stays a choice, though the server does not know it. */
export function Pick({ label, value, options, pick, isLabelUnseen }: PickProps) {
  const isUnknown = !options.some(({ id }) => id === value)
  return (
    <label class="pick">
      <span class={isLabelUnseen ? 'unseen' : 'muted small'}>{label}</span>
      <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
        {isUnknown && <option value={value}>{displayText(value, 40)}</option>}
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {displayText(option.name, 40)}
          </option>
        ))}
      </select>
    </label>
  )
}
