using ActivityTracking;
using StreamFlow.Samples;

return await SampleHost.RunAsync(args, new ActivitySample());
