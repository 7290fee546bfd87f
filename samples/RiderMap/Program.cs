using RiderMap;
using StreamFlow.Samples;

return await SampleHost.RunAsync(args, new RiderMapSample());
