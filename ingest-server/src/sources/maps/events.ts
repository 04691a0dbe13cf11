/** Webinars, fairs and meetings: who came. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const names = { firstName: ['First Name', 'First name'], lastName: ['Last Name', 'Last name'] }
const times = [
  ...['MMM dd, yyyy hh:mm:ss a', 'MMM d, yyyy h:mm:ss a', 'MMM d, yyyy h:mm a', 'MMM d, yyyy HH:mm:ss'],
  ...[
    'yyyy-MM-dd HH:mm:ss',
    'yyyy-MM-dd HH:mm',
    'yyyy-MM-dd hh:mm a',
    'yyyy-MM-dd h:mm a',
    'yyyy-MM-dd',
    'iso',
    'unix',
  ],
]
const at = (...column: string[]) => ({ column, format: times })
const webinar = {
  as: 'touch',
  kind: 'offline',
  channel: { constant: 'Webinar' },
  direction: 'inbound',
} as const
const meeting = {
  as: 'touch',
  kind: 'offline',
  channel: { constant: 'Meeting' },
  direction: 'inbound',
} as const
const yes = ['yes', 'true', '1']
const identify = {
  as: 'identify',
  id: 'person',
  email: 'Email',
  traits: { ...names, company: ['Organization', 'Company'], title: ['Job Title', 'Job title'] },
} as const

const zoom: MapText = {
  name: 'Zoom webinar attendees',
  source: 'zoom',
  when: [{ column: 'Email', op: 'contains', value: '@' }],
  rows: [
    { ...identify, at: at('Registration Time') },
    {
      ...{
        ...webinar,
        id: 'registered',
        email: 'Email',
        when: [{ column: 'Registration Time', op: 'matches', value: '\\d' }],
      },
      key: ['Email', 'Registration Time'],
      at: at('Registration Time'),
      name: { constant: 'Webinar Registered' },
    },
    {
      ...{ ...webinar, id: 'attended', email: 'Email' },
      when: [
        { column: 'Attended', op: 'in', value: yes },
        { column: 'Join Time', op: 'matches', value: '\\d' },
      ],
      at: at('Join Time'),
      name: { constant: 'Webinar Attended' },
      properties: {
        minutes: ['Time in Session (minutes)', 'Time in Session'],
        country: 'Country/Region Name',
      },
    },
  ],
}

const livestorm: MapText = {
  name: 'Livestorm registrants',
  source: 'livestorm',
  rows: [
    { ...identify, at: at('Registration date', 'Registered at') },
    {
      ...{
        ...webinar,
        id: 'registered',
        email: 'Email',
        when: [{ column: ['Registration date', 'Registered at'], op: 'filled' }],
      },
      at: at('Registration date', 'Registered at'),
      name: { constant: 'Webinar Registered' },
      properties: { event: ['Event', 'Event title'] },
      campaign: { source: 'UTM source', medium: 'UTM medium', name: 'UTM campaign' },
    },
    {
      ...{
        ...webinar,
        id: 'attended',
        email: 'Email',
        when: [{ column: ['Attended', 'Has attended'], op: 'in', value: yes }],
      },
      at: at('Attended at', 'Session date', 'Session started at'),
      name: { constant: 'Webinar Attended' },
      properties: { event: ['Event', 'Event title'], duration: ['Attendance duration', 'Attendance time'] },
    },
  ],
}

const eventbrite: MapText = {
  name: 'Eventbrite attendees',
  source: 'eventbrite',
  key: ['Attendee #', 'Order #'],
  rows: [
    { ...identify, email: ['Email', 'Attendee email'], at: at('Order Date') },
    {
      ...{
        as: 'touch',
        id: 'registered',
        kind: 'offline',
        channel: { constant: 'Event' },
        direction: 'inbound',
      },
      when: [
        {
          column: 'Attendee Status',
          op: 'notIn',
          value: ['Deleted', 'Not Attending', 'Refunded', 'Cancelled'],
        },
      ],
      email: ['Email', 'Attendee email'],
      at: at('Order Date'),
      name: { first: [{ text: 'Registered: {Event Name}' }, { constant: 'Event Registered' }] },
      value: ['Total Paid', 'Gross sales'],
      currency: 'Currency',
      properties: { ticket: ['Ticket Type', 'Ticket type'], event: 'Event Name', status: 'Attendee Status' },
    },
    {
      ...{
        as: 'touch',
        id: 'attended',
        kind: 'offline',
        channel: { constant: 'Event' },
        direction: 'inbound',
      },
      when: [{ column: 'Attendee Status', value: 'Checked In' }],
      email: ['Email', 'Attendee email'],
      at: at('Checked In Date', 'Event Start Date', 'Date Attending', 'Order Date'),
      name: { first: [{ text: 'Attended: {Event Name}' }, { constant: 'Event Attended' }] },
      properties: { event: 'Event Name' },
    },
  ],
}

const calendly: MapText = {
  name: 'Calendly events',
  source: 'calendly',
  rows: [
    {
      as: 'identify',
      id: 'person',
      email: 'Invitee Email',
      at: at('Event Created Date & Time'),
      traits: { name: 'Invitee Name', firstName: 'Invitee First Name', lastName: 'Invitee Last Name' },
    },
    {
      ...{ ...meeting, id: 'booked', email: 'Invitee Email' },
      at: at('Event Created Date & Time'),
      name: { constant: 'Meeting Booked' },
      campaign: {
        source: 'UTM Source',
        medium: 'UTM Medium',
        name: 'UTM Campaign',
        term: 'UTM Term',
        content: 'UTM Content',
      },
      properties: { event: 'Event Type Name', with: 'User Name' },
    },
    {
      ...{
        ...meeting,
        id: 'held',
        email: 'Invitee Email',
        when: [{ column: 'Canceled', op: 'notIn', value: yes }],
      },
      at: at('Start Date & Time'),
      name: { constant: 'Meeting' },
      properties: { event: 'Event Type Name', with: 'User Name' },
    },
  ],
}

const calcom: MapText = {
  name: 'Cal.com bookings',
  source: 'cal.com',
  format: 'ndjson',
  key: '/uid',
  rows: [
    {
      as: 'identify',
      id: 'person',
      email: '/attendees/0/email',
      at: ['/createdAt'],
      traits: { name: '/attendees/0/name' },
    },
    {
      ...{ ...meeting, id: 'booked', email: '/attendees/0/email' },
      at: ['/createdAt'],
      name: { constant: 'Meeting Booked' },
      properties: { event: ['/eventType/slug', '/title'], status: '/status' },
    },
    {
      ...{
        ...meeting,
        id: 'held',
        email: '/attendees/0/email',
        when: [{ column: '/status', op: 'notIn', value: ['cancelled', 'rejected'] }],
      },
      at: ['/start', '/startTime'],
      name: { constant: 'Meeting' },
      properties: { event: ['/eventType/slug', '/title'] },
    },
  ],
}

export const eventMaps: readonly ReadyMap[] = [
  readyMap('zoom-attendees', 'Zoom: the attendee report of a webinar, as CSV', zoom),
  readyMap('livestorm-attendees', 'Livestorm: people of an event, as CSV', livestorm),
  readyMap('eventbrite-attendees', 'Eventbrite: the attendee report, as CSV', eventbrite),
  readyMap('calendly', 'Calendly: scheduled events, exported as CSV', calendly),
  readyMap('cal.com', "Cal.com: bookings of its API, one a line (jq -c '.data[]')", calcom),
]
