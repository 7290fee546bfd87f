using static StreamFlow.Broker.Testing.RequestShapes;

namespace StreamFlow.Broker.Testing;

/// <summary>Requests by which clients say who they are, and about users and access rules.</summary>
internal static class SecurityShapes
{
    public static IReadOnlyList<RequestShape> All { get; } =
    [
        RequestShape.Flat<SaslHandshakeRequest>(BrokerApi.SaslHandshake, static e => new SaslHandshakeResponse { ErrorCode = e }),
        RequestShape.Flat<SaslAuthenticateRequest>(BrokerApi.SaslAuthenticate, static e => new SaslAuthenticateResponse { ErrorCode = e }),
        RequestShape.Flat<DescribeAclsRequest>(BrokerApi.DescribeAcls, static e => new DescribeAclsResponse { ErrorCode = e }),
        RequestShape.Of<CreateAclsRequest>(BrokerApi.CreateAcls, static (r, e, _) => new CreateAclsResponse
        {
            Results = Each(r.Creations, _ => new CreateAclsResponseResults { ErrorCode = e }),
        }),
        RequestShape.Of<DeleteAclsRequest>(BrokerApi.DeleteAcls, static (r, e, _) => new DeleteAclsResponse
        {
            FilterResults = Each(r.Filters, _ => new DeleteAclsResponseFilterResults { ErrorCode = e }),
        }),
        RequestShape.Of<DescribeUserScramCredentialsRequest>(
            BrokerApi.DescribeUserScramCredentials, static (r, e, _) => new DescribeUserScramCredentialsResponse
            {
                ErrorCode = e,
                Results = Each(r.Users, user => new DescribeUserScramCredentialsResponseResults { User = user.Name, ErrorCode = e }),
            }),
        RequestShape.Of<AlterUserScramCredentialsRequest>(
            BrokerApi.AlterUserScramCredentials, static (r, e, _) => new AlterUserScramCredentialsResponse
            {
                Results = Each(
                    r.Deletions.Select(static x => x.Name).Concat(r.Upsertions.Select(static x => x.Name)).Distinct(),
                    user => new AlterUserScramCredentialsResponseResults { User = user, ErrorCode = e }),
            }),
    ];
}
