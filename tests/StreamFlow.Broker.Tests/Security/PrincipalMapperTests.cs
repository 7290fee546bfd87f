using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Tests.Security;

/// <summary>What Apache Kafka 4.3.1 and Java 17 answered.</summary>
public sealed class PrincipalMapperTests
{
    [Theory]
    [InlineData("DEFAULT", "CN=alice,OU=dev,O=x", "CN=alice,OU=dev,O=x")]
    [InlineData("RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/", "CN=svc,OU=ServiceUsers,O=x", "svc")]
    [InlineData("RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L", "CN=Duke,OU=JavaSoft,O=Sun,L=P,ST=CA,C=US", "duke@javasoft")]
    [InlineData("RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/U", "O=x,CN=Abc.d,C=US", "ABC.D")]
    [InlineData("RULE:^cn=(.*?),ou=(.*?),dc=(.*?),dc=(.*?)$/$1@$2/U", "cn=duke,ou=JavaSoft,dc=Sun,dc=com", "DUKE@JAVASOFT")]
    [InlineData("RULE:^CN=x$/y/,DEFAULT", "CN=z", "CN=z")]
    [InlineData("RULE:^CN=x$/y/", "CN=z", null)]
    [InlineData("RULE:CN=(.*?),.*/$1/", "CN=partial,O=q", "partial")]
    [InlineData("RULE:CN=(.*?)/$1/", "CN=partial,O=q", "partial,O=q")]
    [InlineData("RULE:(CN)=(.*)/$2-$1/", "CN=full", "full-CN")]
    [InlineData(@"RULE:^CN=(.*?)\/(.*)$/$1/", "CN=a/b", "a")]
    [InlineData("DEFAULT,RULE:x/y/,", "CN=z", "CN=z")]
    [InlineData("", "CN=z", null)]
    public void Subjects_become_names_as_in_Kafka(string rules, string subject, string? name) =>
        Assert.Equal(name, new PrincipalMapper(rules).Map(subject));

    [Theory]
    [InlineData("RULE:")]
    [InlineData("BAD")]
    [InlineData("RULE:^CN=(.*)$/$1")]
    [InlineData("RULE:x/y/LU")]
    [InlineData("RULE:((/y/")]
    public void A_malformed_rule_is_named(string rules) => Assert.Contains(
        rules, Assert.Throws<ArgumentException>(() => new PrincipalMapper(rules)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "308193310b3009060355040613025553310a3008060355042a130167310e300c060355040c13057469746c65310a300806035504051301373111300f060a0992268993f22c6401011301753111300f060a0992268993f22c64011916016b3112301006092a864886f70d01090116036140623114300806035504031301793008060355040b130178310c300a06035504031303612c62",
        @"CN=a\,b,CN=y+OU=x,1.2.840.113549.1.9.1=#1603614062,DC=k,UID=u,2.5.4.5=#130137,2.5.4.12=#13057469746c65,2.5.4.42=#130167,C=US")]
    [InlineData(
        "303c310a3008060355042e130171310a30080603550409130173310d300b06035504030c04c3a4c3b63113301106035504030c0a73702023783d3c3e3b5c",
        @"CN=sp \#x\=\<\>\;\\,CN=äö,STREET=s,2.5.4.46=#130171")]
    public void Names_are_spelled_as_Java_spells_them(string encoded, string expected) =>
        Assert.Equal(expected, DistinguishedName.Format(Convert.FromHexString(encoded)));
}
