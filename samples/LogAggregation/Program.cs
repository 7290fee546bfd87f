using StreamFlow.Samples;
using StreamFlow.Samples.LogAggregation;

return await SampleHost.RunAsync(args, new LogAggregationSample());
