/**
 * For each ready map a small file: the header that the tool writes, rows of our own, and what a reader of the export
 * expects of them. `touches` has a line each: when (UTC), kind, what, who, account, channel, value.
 */
export interface MapFixture {
  map: string
  file: string | Buffer
  /** All its touches lie in this year, so that maps of one tool can be told apart; 2025 unless said. */
  year?: number
  /** Lines that are refused. */
  rejected?: number[]
  skipped?: number
  touches: string[]
  traits?: { person: string; has: object }[]
  /** day | channel | source | campaign | amount and currency | impressions | clicks */
  costs?: string[]
}

const lines = (...all: (string | object)[]) =>
  `${all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')}\n`

const segmentColumns =
  'id,received_at,uuid_ts,anonymous_id,user_id,timestamp,original_timestamp,sent_at,event,event_text,context_library_name,context_page_url,context_page_referrer,context_page_title,context_campaign_source,context_campaign_medium,context_campaign_name,context_user_agent'
const segmentTracks = lines(
  segmentColumns,
  'm1,2025-03-01 10:00:02 UTC,2025-03-01 10:01:00 UTC,an1,,2025-03-01 10:00:00.123 UTC,,,signed_up,Signed Up,analytics.js,https://seg.example/pricing?utm_source=google&utm_medium=cpc,,Pricing,google,cpc,spring,',
  'm2,2025-03-02 10:00:02 UTC,2025-03-02 10:01:00 UTC,an1,seg-u1,2025-03-02 10:00:00 UTC,,,order_completed,Order Completed,analytics.js,,,,,,,',
)
const identifyColumns =
  'id,received_at,uuid_ts,anonymous_id,user_id,timestamp,email,name,company,plan,context_library_name'
const pageColumns =
  'id,received_at,anonymous_id,user_id,timestamp,name,url,title,referrer,context_page_url,context_page_title,context_campaign_source'

const rudderLine = (type: string, more: object) => ({
  ...{ type, messageId: `r-${type}`, channel: 'web', anonymousId: 'rud-an', userId: 'rud-u' },
  ...{ originalTimestamp: '2025-04-01T09:00:00.000Z', sentAt: '2025-04-01T09:00:01.000Z', ...more },
})

const snowplow = (cells: Record<number, string>) =>
  Array.from({ length: 131 }, (_, index) => cells[index] ?? '').join('\t')

const ga4 = (name: string, micros: string, params: Record<string, string | number>, more: object = {}) => ({
  event_date: '20250302',
  event_timestamp: micros,
  event_name: name,
  event_params: Object.entries(params).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { string_value: value } : { int_value: String(value) },
  })),
  user_pseudo_id: 'ga.1',
  ...more,
})

const posthogLine = (
  uuid: string,
  event: string,
  distinct_id: string,
  properties: object,
  at = '2025-05-01T08:00:00.000Z',
) => ({
  ...{ uuid, event, distinct_id, properties, timestamp: at, team_id: 1, person_id: 'p' },
})

export const mapFixtures: MapFixture[] = [
  {
    map: 'segment-tracks',
    file: segmentTracks,
    touches: [
      '2025-03-01 10:00 track Signed Up <anon:an1> #Paid Search',
      '2025-03-02 10:00 track Order Completed <user:seg-u1>',
    ],
  },
  {
    map: 'segment-pages',
    year: 2024,
    file: lines(
      pageColumns,
      'g1,2024-03-01 10:00:02 UTC,an1,,2024-03-01 10:00:00 UTC,Home,https://seg.example/,Home,https://www.google.com/,,,',
    ),
    touches: ['2024-03-01 10:00 page https://seg.example/ <anon:an1>'],
  },
  {
    map: 'segment-identifies',
    year: 2023,
    file: lines(
      identifyColumns,
      'i1,2025-03-02 10:00:02 UTC,,an1,seg-u1,2025-03-02 10:00:01 UTC,Zoe@Seg.example,Zoe,Seg Ltd,pro,analytics.js',
    ),
    touches: [],
    traits: [{ person: 'user:seg-u1', has: { email: 'Zoe@Seg.example', plan: 'pro' } }],
  },
  {
    map: 'segment-s3',
    year: 2022,
    file: lines(
      {
        type: 'track',
        messageId: 's1',
        anonymousId: 's3a',
        event: 'Played',
        properties: { revenue: 3 },
        timestamp: '2022-01-01T00:00:00.000Z',
        context: { page: { url: 'https://s3.example/x' } },
      },
      {
        type: 'page',
        messageId: 's2',
        anonymousId: 's3a',
        properties: { url: 'https://s3.example/y', title: 'Y' },
        timestamp: '2022-01-01T00:01:00.000Z',
      },
      {
        type: 'identify',
        messageId: 's3',
        userId: 's3u',
        anonymousId: 's3a',
        traits: { email: 's3@x.example' },
        timestamp: '2022-01-01T00:02:00.000Z',
      },
      {
        type: 'group',
        messageId: 's4',
        userId: 's3u',
        groupId: 's3-acme',
        traits: { name: 'S3 Acme' },
        timestamp: '2022-01-01T00:03:00.000Z',
      },
      '{"type":"track","messageId":"s5","anonymousId":"s3a"',
    ),
    rejected: [5],
    touches: [
      '2022-01-01 00:00 track Played <anon:s3a> #Direct',
      '2022-01-01 00:01 page https://s3.example/y <anon:s3a>',
    ],
    traits: [
      { person: 'user:s3u', has: { email: 's3@x.example' } },
      { person: 'account:s3-acme', has: { name: 'S3 Acme' } },
    ],
  },
  {
    map: 'rudderstack-tracks',
    file: lines(
      'id,anonymous_id,user_id,received_at,original_timestamp,event,event_text,context_useragent',
      'rt1,ra,,2025-06-01T00:00:00Z,2025-06-01T00:00:00Z,demo_requested,Demo Requested,',
    ),
    touches: ['2025-06-01 00:00 track Demo Requested <anon:ra>'],
  },
  {
    map: 'rudderstack-identifies',
    year: 2023,
    file: lines(
      identifyColumns,
      'ri1,2023-03-02 10:00:02,,ra,rud-1,2023-03-02 10:00:01,ru@d.example,Ru,,team,',
    ),
    touches: [],
    traits: [{ person: 'user:rud-1', has: { plan: 'team' } }],
  },
  {
    map: 'rudderstack-storage',
    year: 2021,
    file: lines(
      rudderLine('track', { event: 'Clicked', originalTimestamp: '2021-04-01T09:00:00.000Z' }),
      rudderLine('identify', { context: { traits: { email: 'store@rud.example' } } }),
    ),
    touches: ['2021-04-01 09:00 track Clicked <user:rud-u>'],
    traits: [{ person: 'user:rud-u', has: { email: 'store@rud.example' } }],
  },
  {
    map: 'posthog-events',
    file: lines(
      posthogLine('u1', '$pageview', 'ph-anon', {
        $current_url: 'https://ph.example/',
        $session_id: 'se1',
        $lib: 'web',
      }),
      posthogLine(
        'u2',
        'demo requested',
        'ph-anon',
        { $lib: 'web', revenue: 5, currency: 'USD' },
        '2025-05-01T08:01:00.000Z',
      ),
      posthogLine(
        'u3',
        '$identify',
        'ph-user',
        {
          $anon_distinct_id: 'ph-anon',
          $device_id: 'ph-anon',
          $set: { email: 'ph@x.example', plan: 'free' },
          $is_identified: true,
        },
        '2025-05-01T08:02:00.000Z',
      ),
      posthogLine(
        'u4',
        'invited',
        'ph-user',
        { $is_identified: true, $device_id: 'ph-anon', $lib: 'web' },
        '2025-05-01T08:03:00.000Z',
      ),
      posthogLine('u5', 'invoice sent', 'ph-user', { $lib: 'posthog-node' }, '2025-05-01T08:04:00.000Z'),
      posthogLine('u6', '$autocapture', 'ph-user', { $lib: 'web' }),
    ),
    skipped: 1,
    touches: [
      '2025-05-01 08:00 page https://ph.example/ <anon:ph-anon>',
      '2025-05-01 08:01 track demo requested <anon:ph-anon> =5USD',
      '2025-05-01 08:03 track invited <user:ph-user>',
      '2025-05-01 08:04 track invoice sent <user:ph-user>',
    ],
    traits: [{ person: 'user:ph-user', has: { plan: 'free' } }],
  },
  {
    map: 'posthog-events-csv',
    year: 2024,
    file: lines(
      'uuid,event,properties,timestamp,distinct_id,person_id',
      'c1,$pageview,"{""$current_url"": ""https://phc.example/a"", ""$lib"": ""web""}",2024-05-01 08:00:00.000000+00:00,phc,p',
      'c2,signed up,"{""$lib"": ""web"", ""plan"": ""pro""}",2024-05-01 08:01:00.000000+00:00,phc,p',
    ),
    touches: [
      '2024-05-01 08:00 page https://phc.example/a <anon:phc>',
      '2024-05-01 08:01 track signed up <anon:phc>',
    ],
  },
  {
    map: 'ga4-bigquery',
    file: lines(
      ga4('page_view', '1740907800000000', {
        page_location: 'https://ga.example/',
        page_title: 'Home',
        ga_session_id: 17,
      }),
      ga4(
        'purchase',
        '1740907860000000',
        { currency: 'EUR', transaction_id: 't1' },
        { user_id: 'ga-u', ecommerce: { purchase_revenue: 12.5 } },
      ),
      ga4('session_start', '1740907800000000', {}),
    ),
    skipped: 1,
    touches: [
      '2025-03-02 09:30 page https://ga.example/ <anon:ga.1>',
      '2025-03-02 09:31 track purchase <user:ga-u> =12.5EUR',
    ],
  },
  {
    map: 'snowplow-enriched',
    file: lines(
      snowplow({
        0: 'web',
        5: 'page_view',
        6: 'e1',
        15: 'sp-d',
        29: 'https://sp.example/',
        30: '"Quoted" title',
        124: '2025-03-01 10:00:00.001',
        126: 'page_view',
      }),
      snowplow({
        5: 'struct',
        6: 'e2',
        15: 'sp-d',
        12: 'sp-u',
        53: 'shop',
        54: 'add',
        57: '2.5',
        124: '2025-03-01 10:01:00.000',
        126: 'event',
      }),
      snowplow({
        5: 'unstruct',
        6: 'e3',
        15: 'sp-d',
        58: '{"schema":"iglu:x","data":{"schema":"iglu:com.x/signup","data":{"plan":"pro"}}}',
        124: '2025-03-01 10:02:00.000',
        126: 'signup',
      }),
      snowplow({ 5: 'page_ping', 6: 'e4', 15: 'sp-d', 124: '2025-03-01 10:03:00.000' }),
      'cut\toff',
    ),
    skipped: 1,
    rejected: [5],
    touches: [
      '2025-03-01 10:00 page https://sp.example/ <anon:sp-d>',
      '2025-03-01 10:01 track shop add <user:sp-u> =2.5',
      '2025-03-01 10:02 track signup <anon:sp-d>',
    ],
  },
  {
    map: 'mixpanel',
    file: lines(
      {
        event: '$mp_web_page_view',
        properties: {
          time: 1740823200,
          distinct_id: '$device:d1',
          $device_id: 'd1',
          $insert_id: 'x1',
          $current_url: 'https://mp.example/',
        },
      },
      {
        event: 'Signed Up',
        properties: {
          time: 1740823260,
          distinct_id: 'mp-u',
          $user_id: 'mp-u',
          $device_id: 'd1',
          $insert_id: 'x2',
        },
      },
      {
        event: '$identify',
        properties: {
          time: 1740823260,
          distinct_id: 'mp-u',
          $identified_id: 'mp-u',
          $anon_id: 'd1',
          $insert_id: 'x3',
        },
      },
    ),
    touches: [
      '2025-03-01 10:00 page https://mp.example/ <anon:d1>',
      '2025-03-01 10:01 track Signed Up <user:mp-u>',
    ],
  },
  {
    map: 'hubspot-contacts',
    file: lines(
      'Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Lifecycle Stage,Contact owner,Job Title,Create Date,Became a Marketing Qualified Lead Date,Associated Company,Associated Company IDs',
      '101,Ann,Lee,ann@hub.example,,Open,lead,Max,CTO,2025-01-10 09:00,2025-01-20 10:30,Hub Ltd,901',
      '102,Bob,"O""Neil",,,,,,,2025-01-11 09:00,,,',
    ),
    touches: ['2025-01-20 10:30 crm Became Marketing Qualified Lead <email:ann@hub.example> #Sales'],
    traits: [{ person: 'email:ann@hub.example', has: { title: 'CTO', firstName: 'Ann' } }],
  },
  {
    map: 'hubspot-companies',
    year: 2020,
    file: lines(
      'Record ID,Company name,Company owner,Create Date,Phone Number,City,Country/Region,Industry,Company Domain Name,Number of Employees,Annual Revenue',
      '901,Hub Ltd,Max,2024-12-01 09:00,,Berlin,Germany,SOFTWARE,hub.example,250,1000000',
    ),
    touches: [],
    traits: [{ person: 'account:hubspot:company:901', has: { name: 'Hub Ltd', employees: '250' } }],
  },
  {
    map: 'hubspot-deals',
    year: 2024,
    file: lines(
      'Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Currency,Pipeline,Create Date,"Date entered ""Qualified to buy (Sales Pipeline)""",Associated Company IDs,Associated Contact IDs',
      '501,Hub rollout,Closed Won,2024-06-30 12:00,Max,"12,500.50",EUR,Sales Pipeline,2024-02-01 09:00,2024-03-01 09:00,901,101;102',
      '502,Hub second,Closed lost,2024-07-30 12:00,Max,100,EUR,Sales Pipeline,2024-02-02 09:00,,901,',
    ),
    touches: [
      '2024-02-01 09:00 crm Deal Created <anon:hubspot:contact:101> @hubspot:company:901 #Sales =12500.5EUR',
      '2024-02-02 09:00 crm Deal Created <anon:hubspot:company:901> @hubspot:company:901 #Sales =100EUR',
      '2024-03-01 09:00 crm Deal Stage: Qualified to buy <anon:hubspot:contact:101> @hubspot:company:901 #Sales',
      '2024-06-30 12:00 crm Deal Won <anon:hubspot:contact:101> @hubspot:company:901 #Sales =12500.5EUR',
      '2024-07-30 12:00 crm Deal Lost <anon:hubspot:company:901> @hubspot:company:901 #Sales =100EUR',
    ],
  },
  {
    map: 'hubspot-activities',
    year: 2023,
    file: lines(
      'Record ID,Activity type,Activity date,Activity assigned to,Subject,Call outcome,Associated Contact IDs,Associated Company IDs',
      '7001,Call,2023-02-10 14:00,Max,Discovery call,Connected,101,901',
      '7002,Meeting,2023-02-12 10:00,Max,,,101,901',
    ),
    touches: [
      '2023-02-10 14:00 crm Discovery call <anon:hubspot:contact:101> @hubspot:company:901 #Phone',
      '2023-02-12 10:00 crm Meeting <anon:hubspot:contact:101> @hubspot:company:901 #Meeting',
    ],
  },
  {
    map: 'salesforce-leads',
    file: lines(
      '"Id","IsDeleted","LastName","FirstName","Title","Company","Email","Phone","LeadSource","Status","Industry","IsConverted","ConvertedDate","ConvertedAccountId","CreatedDate"',
      '"00Q5g00000AbCdEEAV","0","Roe","Rex","VP","Sf Inc","rex@sf.example","","Web","Qualified","Tech","1","2025-02-20","0015g00000XyZabAAB","2025-02-01T10:00:00.000Z"',
    ),
    touches: [
      '2025-02-01 10:00 crm Lead Created <email:rex@sf.example> #Sales',
      '2025-02-20 00:00 crm Lead Converted <email:rex@sf.example> @salesforce:0015g00000XyZab #Sales',
    ],
    traits: [{ person: 'email:rex@sf.example', has: { title: 'VP', leadSource: 'Web' } }],
  },
  {
    map: 'salesforce-opportunities',
    year: 2024,
    file: lines(
      '"Id","AccountId","ContactId","Name","StageName","Amount","CloseDate","Type","LeadSource","IsClosed","IsWon","CurrencyIsoCode","CreatedDate"',
      '"0065g00000OppAAEEA","0015g00000XyZabAAB","","Sf deal","Closed Won","9000.0","2024-05-31","New","Web","true","true","USD","2024-03-01T10:00:00.000+0000"',
      '"0065g00000OppBBEEA","0015g00000XyZabAAB","","Sf open","Proposal","100","2024-12-31","New","","false","false","USD","2024-03-02T10:00:00.000+0000"',
    ),
    touches: [
      '2024-03-01 10:00 crm Deal Created <anon:salesforce:0065g00000OppAA> @salesforce:0015g00000XyZab #Sales',
      '2024-03-02 10:00 crm Deal Created <anon:salesforce:0065g00000OppBB> @salesforce:0015g00000XyZab #Sales',
      '2024-05-31 12:00 crm Deal Won <anon:salesforce:0065g00000OppAA> @salesforce:0015g00000XyZab #Sales =9000USD',
    ],
  },
  {
    map: 'salesforce-opportunity-history',
    year: 2023,
    file: lines(
      '"Id","OpportunityId","CreatedById","CreatedDate","StageName","Amount","ExpectedRevenue","CloseDate","Probability","ForecastCategory"',
      '"0085g000001","0065g00000OppAAEEA","005","2023-04-01T10:00:00.000Z","Proposal","9000","4500","2024-05-31","50","Pipeline"',
    ),
    touches: ['2023-04-01 10:00 crm Deal Stage: Proposal <anon:salesforce:0065g00000OppAA> #Sales'],
  },
  {
    map: 'salesforce-campaign-members',
    year: 2022,
    file: lines(
      '"Id","CampaignId","Campaign.Name","LeadId","ContactId","Status","HasResponded","FirstRespondedDate","CreatedDate","Email"',
      '"00v5g000001","7015g000001","Spring Fair","00Q5g00000AbCdEEAV","","Attended","true","2022-03-15","2022-03-01T10:00:00.000Z","rex@sf.example"',
    ),
    touches: ['2022-03-15 00:00 offline Spring Fair: Attended <email:rex@sf.example> #Campaign'],
  },
  {
    map: 'salesforce-tasks',
    year: 2021,
    file: lines(
      '"Id","WhoId","WhatId","Subject","ActivityDate","Status","TaskSubtype","CallType","AccountId","CompletedDateTime","CreatedDate"',
      '"00T5g000001","00Q5g00000AbCdEEAV","","Call with Rex","2021-03-20","Completed","Call","Outbound","0015g00000XyZabAAB","2021-03-20T15:30:00.000Z","2021-03-19T10:00:00.000Z"',
      '"00T5g000002","00Q5g00000AbCdEEAV","","Later","2021-03-25","Not Started","Task","","","","2021-03-19T10:00:00.000Z"',
    ),
    skipped: 1,
    touches: [
      '2021-03-20 15:30 crm Call with Rex <anon:salesforce:00Q5g00000AbCdE> @salesforce:0015g00000XyZab #Phone',
    ],
  },
  {
    map: 'pipedrive-deals',
    file: lines(
      'Deal - ID;Deal - Title;Deal - Organization;Deal - Contact person;Person - Email - Work;Deal - Value;Deal - Currency;Deal - Stage;Deal - Status;Deal - Deal created;Deal - Last stage change;Deal - Won time;Deal - Lost time',
      '1;Pipe deal;Pipe GmbH;Pia;pia@pipe.example;5000;EUR;Proposal;Won;2025-02-01 08:00:00;2025-02-10 08:00:00;2025-03-01 08:00:00;',
    ),
    touches: [
      '2025-02-01 08:00 crm Deal Created <email:pia@pipe.example> @pipedrive:organization:Pipe GmbH #Sales =5000EUR',
      '2025-02-10 08:00 crm Deal Stage: Proposal <email:pia@pipe.example> @pipedrive:organization:Pipe GmbH #Sales =5000EUR',
      '2025-03-01 08:00 crm Deal Won <email:pia@pipe.example> @pipedrive:organization:Pipe GmbH #Sales =5000EUR',
    ],
  },
  {
    map: 'pipedrive-activities',
    year: 2024,
    file: lines(
      'Activity - ID,Activity - Subject,Activity - Type,Activity - Done,Activity - Due date,Activity - Marked as done time,Activity - Deal,Activity - Organization,Person - Email',
      '9,Intro,call,Done,2024-02-05,2024-02-05 09:30:00,Pipe deal,Pipe GmbH,pia@pipe.example',
      '10,Plan,call,To do,2024-02-09,,Pipe deal,Pipe GmbH,pia@pipe.example',
    ),
    skipped: 1,
    touches: ['2024-02-05 09:30 crm Intro <email:pia@pipe.example> @pipedrive:organization:Pipe GmbH #Phone'],
  },
  {
    map: 'google-ads',
    file: lines(
      'Campaign report',
      '"March 1, 2025 - March 2, 2025"',
      'Day,Campaign,Campaign type,Network (with search partners),Currency code,Cost,Impr.,Clicks',
      '2025-03-01,Brand,Search,Google search,EUR,10.50,"1,000",20',
      '2025-03-01,Brand,Search,Search partners,EUR,1.25,100,2',
      '2025-03-02,Reach,Display,Google Display Network,EUR,3.00,500,1',
      'Total: Account,--,--,--,EUR,14.75,"1,600",23',
    ),
    skipped: 1,
    touches: [],
    costs: [
      '2025-03-01 | Paid Search | google | Brand | 11.75EUR | 1100 | 22',
      '2025-03-02 | Display | google | Reach | 3EUR | 500 | 1',
    ],
  },
  {
    map: 'linkedin-ads',
    file: Buffer.from(
      `\ufeff${lines('Campaign Performance Report (in UTC)', 'Report Start: March 1, 2025', 'Date Generated: March 3, 2025', '', 'Start Date (in UTC)\tAccount Name\tCurrency\tCampaign Group Name\tCampaign Name\tTotal Spent\tImpressions\tClicks\tTotal Engagements', '3/1/2025\tAcme\tUSD\tAll\tCTOs\t25.10\t300\t4\t6', '3/13/2025\tAcme\tUSD\tAll\tCTOs\t20.00\t200\t3\t3')}`,
      'utf16le',
    ),
    touches: [],
    costs: [
      '2025-03-01 | Paid Social | linkedin | CTOs | 25.1USD | 300 | 4',
      '2025-03-13 | Paid Social | linkedin | CTOs | 20USD | 200 | 3',
    ],
  },
  {
    map: 'meta-ads',
    file: lines(
      'Reporting starts,Reporting ends,Campaign name,Day,Amount spent (EUR),Impressions,Link clicks',
      '2025-03-01,2025-03-31,,,30.5,1500,12',
      '2025-03-01,2025-03-01,Retarget,2025-03-01,30.5,1500,12',
    ),
    skipped: 1,
    touches: [],
    costs: ['2025-03-01 | Paid Social | facebook | Retarget | 30.5EUR | 1500 | 12'],
  },
  {
    map: 'mailchimp-sends',
    file: lines('Email,Timestamp,Campaign Title', 'mia@mail.example,2025-01-05 09:00:00,January news'),
    touches: ['2025-01-05 09:00 email Email Sent <email:mia@mail.example> #Email'],
  },
  {
    map: 'mailchimp-opens',
    year: 2024,
    file: lines(
      'Email,Timestamp,IP,Campaign Title',
      'mia@mail.example,2024-01-05 10:00:00,10.0.0.1,January news',
    ),
    touches: ['2024-01-05 10:00 email Email Opened <email:mia@mail.example> #Email'],
  },
  {
    map: 'mailchimp-clicks',
    year: 2023,
    file: lines(
      'Email,Timestamp,IP,URL',
      'mia@mail.example,2023-01-05 10:01:00,10.0.0.1,https://mail.example/offer',
    ),
    touches: ['2023-01-05 10:01 email Email Clicked <email:mia@mail.example> #Email'],
  },
  {
    map: 'customerio-deliveries',
    file: lines(
      'delivery_id,customer_id,email,subject,campaign_name,created,sent,delivered,opened,clicked',
      'dl1,cio-1,cy@cio.example,Hello,Onboarding,1740823200,1740823201,1740823205,1740826800,',
    ),
    touches: [
      '2025-03-01 10:00 email Email Sent <user:cio-1> #Email',
      '2025-03-01 10:00 email Email Delivered <user:cio-1> #Email',
      '2025-03-01 11:00 email Email Opened <user:cio-1> #Email',
    ],
  },
  {
    map: 'zoom-attendees',
    file: lines(
      'Attendee Report',
      'Report Generated:,"Mar 4, 2025 09:00:00 AM"',
      'Topic,Webinar ID,Actual Start Time,Actual Duration (minutes)',
      'Data for all,123 456,"Mar 3, 2025 02:00:00 PM",60',
      'Host Details',
      'Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)',
      'Yes,Host,host@zoom.example,"Mar 3, 2025 01:50:00 PM","Mar 3, 2025 03:00:00 PM",70',
      'Attendee Details',
      'Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name',
      'Yes,Zed A,Zed,A,zed@zoom.example,"Feb 20, 2025 10:00:00 AM",approved,"Mar 3, 2025 02:01:30 PM","Mar 3, 2025 02:40:00 PM",39,Yes,Germany',
      'No,Zoe B,Zoe,B,zoe@zoom.example,"Feb 21, 2025 10:00:00 AM",approved,--,--,--,--,--',
    ),
    touches: [
      '2025-02-20 10:00 offline Webinar Registered <email:zed@zoom.example> #Webinar',
      '2025-02-21 10:00 offline Webinar Registered <email:zoe@zoom.example> #Webinar',
      '2025-03-03 14:01 offline Webinar Attended <email:zed@zoom.example> #Webinar',
    ],
    traits: [{ person: 'email:zed@zoom.example', has: { firstName: 'Zed' } }],
  },
  {
    map: 'livestorm-attendees',
    file: lines(
      'Email,First name,Last name,Event,Session date,Registration date,Attended,Attendance duration,UTM source',
      'liv@storm.example,Liv,S,Demo day,2025-03-05 15:00:00,2025-03-01 09:00:00,Yes,1800,newsletter',
    ),
    touches: [
      '2025-03-01 09:00 offline Webinar Registered <email:liv@storm.example> #Webinar',
      '2025-03-05 15:00 offline Webinar Attended <email:liv@storm.example> #Webinar',
    ],
  },
  {
    map: 'eventbrite-attendees',
    file: lines(
      'Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee #,Total Paid,Currency,Attendee Status,Event Name,Event ID',
      '77,2025-02-02 10:00:00,Eve,B,eve@brite.example,1,Early bird,771,49.00,EUR,Attending,Data Fair,1',
      '78,2025-02-03 10:00:00,Gus,B,gus@brite.example,1,Early bird,772,49.00,EUR,Deleted,Data Fair,1',
    ),
    touches: ['2025-02-02 10:00 offline Registered: Data Fair <email:eve@brite.example> #Event =49EUR'],
  },
  {
    map: 'stripe-charges',
    file: lines(
      'id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Description,Fee,Status,Customer ID,Customer Email,Invoice ID,Refunded date (UTC)',
      'ch_1,2025-03-01 10:00:00,120.00,0.00,eur,true,Pro plan,3.2,Paid,cus_1,sue@stripe.example,in_1,',
      'ch_2,2025-03-02 10:00:00,120.00,0.00,eur,false,Pro plan,0,Failed,cus_1,,,',
    ),
    touches: [
      '2025-03-01 10:00 crm Payment Succeeded <email:sue@stripe.example> #Billing =120EUR',
      '2025-03-02 10:00 crm Payment Failed <anon:stripe:cus_1> #Billing',
    ],
  },
  {
    map: 'stripe-invoices',
    year: 2024,
    file: lines(
      'id,Amount Due,Amount Paid,Currency,Customer,Customer Email,Date (UTC),Finalized At (UTC),Number,Paid,Paid At (UTC),Subscription,Total,Status',
      'in_1,120.00,120.00,eur,cus_1,sue@stripe.example,2024-03-01 10:00,2024-03-01 11:00,A-1,true,2024-03-02 08:00,sub_1,120.00,paid',
    ),
    touches: [
      '2024-03-01 11:00 crm Invoice Sent <email:sue@stripe.example> #Billing',
      '2024-03-02 08:00 crm Invoice Paid <email:sue@stripe.example> #Billing =120EUR',
    ],
  },
  {
    map: 'stripe-subscriptions',
    year: 2023,
    file: lines(
      'id,Customer ID,Customer Description,Customer Email,Plan,Quantity,Currency,Interval,Amount,Status,Created (UTC),Start (UTC),Trial Start (UTC),Trial End (UTC),Canceled At (UTC),Ended At (UTC)',
      'sub_1,cus_1,Sue,sue@stripe.example,pro,1,eur,month,120.00,canceled,2023-01-01 10:00,2023-01-15 10:00,2023-01-01 10:00,2023-01-15 10:00,2023-09-01 10:00,',
    ),
    touches: [
      '2023-01-01 10:00 crm Trial Started <email:sue@stripe.example> #Billing',
      '2023-01-15 10:00 crm Subscription Started <email:sue@stripe.example> #Billing =120EUR',
      '2023-09-01 10:00 crm Subscription Canceled <email:sue@stripe.example> #Billing',
    ],
  },
  {
    map: 'calendly',
    file: lines(
      'Team,User Name,User Email,Invitee Name,Invitee First Name,Invitee Last Name,Invitee Email,Invitee Time Zone,Event Type Name,Start Date & Time,End Date & Time,Location,Event Created Date & Time,Canceled,Canceled By,Cancellation reason,UTM Campaign,UTM Source,UTM Medium',
      ',Max,max@us.example,Cal L,Cal,L,cal@cly.example,Europe/Berlin,Demo,2025-03-10 02:30 pm,2025-03-10 03:00 pm,Zoom,2025-03-05 09:15 am,false,,,spring,newsletter,email',
      ',Max,max@us.example,Cam L,Cam,L,cam@cly.example,Europe/Berlin,Demo,2025-03-11 02:30 pm,2025-03-11 03:00 pm,Zoom,2025-03-06 09:15 am,true,Cam,,,,',
    ),
    touches: [
      '2025-03-05 09:15 offline Meeting Booked <email:cal@cly.example> #Meeting',
      '2025-03-06 09:15 offline Meeting Booked <email:cam@cly.example> #Meeting',
      '2025-03-10 14:30 offline Meeting <email:cal@cly.example> #Meeting',
    ],
  },
  {
    map: 'cal.com',
    file: lines({
      ...{ id: 1, uid: 'bk1', title: 'Demo', status: 'accepted', createdAt: '2025-03-05T09:00:00.000Z' },
      ...{
        start: '2025-03-07T09:00:00.000Z',
        attendees: [{ name: 'Kim', email: 'kim@cal.example' }],
        eventType: { slug: 'demo' },
      },
    }),
    touches: [
      '2025-03-05 09:00 offline Meeting Booked <email:kim@cal.example> #Meeting',
      '2025-03-07 09:00 offline Meeting <email:kim@cal.example> #Meeting',
    ],
  },
]
