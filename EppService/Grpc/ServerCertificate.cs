using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Grpc;

/// <summary>The certificate that <c>--tls</c> asks for.</summary>
internal static class ServerCertificate
{
    /// <summary>
    /// <c>self-signed</c>: a fresh one for localhost, which data planes accept as they do not verify an endpoint
    /// picker's certificate by default. <c>CERT,KEY</c>: PEM files.
    /// </summary>
    public static Expected<X509Certificate2> FromOption(string option)
    {
        if (option == "self-signed") return SelfSigned();

        var files = option.Split(',');
        if (files.Length != 2) return new Fault($"--tls {option} is neither \"self-signed\" nor \"CERT,KEY\"", "name two PEM files with a comma between them");
        try
        {
            return X509Certificate2.CreateFromPemFile(files[0], files[1]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return new Fault($"--tls {option}: {e.Message}", "name a certificate and its unencrypted private key, both PEM");
        }
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kvrouter", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(10));
    }
}
