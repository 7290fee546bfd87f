using FraudDetection;
using StreamFlow.Samples;

return await SampleHost.RunAsync(args, new FraudSample());
