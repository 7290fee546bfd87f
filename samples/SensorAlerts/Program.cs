using SensorAlerts;
using StreamFlow.Samples;

return await SampleHost.RunAsync(args, new SensorSample());
