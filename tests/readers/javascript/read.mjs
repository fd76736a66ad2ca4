// Prints as JSON what the AWS SDK for JavaScript reads of a Maptrail's CloudTrail. Argument: the address.
import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetTrailStatusCommand,
  GetEventSelectorsCommand,
  ListPublicKeysCommand,
  paginateLookupEvents,
} from "@aws-sdk/client-cloudtrail";

const client = new CloudTrailClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "111122223333", secretAccessKey: "secret" },
});

const events = [];
for await (const page of paginateLookupEvents({ client }, {
  LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "RegisterInstance" }],
})) {
  events.push(...page.Events);
}
const { trailList } = await client.send(new DescribeTrailsCommand({}));
const status = await client.send(new GetTrailStatusCommand({ Name: trailList[0].TrailARN }));
const selectors = await client.send(new GetEventSelectorsCommand({ TrailName: trailList[0].Name }));
const { PublicKeyList } = await client.send(new ListPublicKeysCommand({ StartTime: new Date(0) }));

console.log(JSON.stringify({
  events: events.map((event) => JSON.parse(event.CloudTrailEvent).eventID),
  times: events.map((event) => event.EventTime instanceof Date),
  trail: trailList[0].Name,
  logging: status.IsLogging,
  started: status.StartLoggingTime instanceof Date,
  selectors: selectors.AdvancedEventSelectors.length,
  keys: PublicKeyList.map((key) => Buffer.from(key.Value).length),
}));
