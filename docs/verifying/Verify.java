// Verifies what okta-role-operator's door says of whoever makes a request, with com.nimbusds:nimbus-jose-jwt.

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Map;
import java.util.Set;

public class Verify {
  private static final String WEBHOOK = System.getenv().getOrDefault("WEBHOOK", "https://login.example.com");
  private static final String AUDIENCE = System.getenv().getOrDefault("AUDIENCE", "access/acme@app.example.com");

  /** For keeping: it has the keys, fetches them when they are old, and again, not at any rate, when one isn't known. */
  static DefaultJWTProcessor<SecurityContext> processor() throws Exception {
    var keys = JWKSourceBuilder.create(URI.create(WEBHOOK + "/.well-known/jwks.json").toURL()).build();
    var expected = new JWTClaimsSet.Builder().issuer(WEBHOOK).build();
    var verifier = new DefaultJWTClaimsVerifier<SecurityContext>(AUDIENCE, expected, Set.of("sub", "exp"));
    verifier.setMaxClockSkew(5);
    var processor = new DefaultJWTProcessor<SecurityContext>();
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
    processor.setJWTClaimsSetVerifier(verifier);
    return processor;
  }

  /** Takes the request's header X-Auth-Request-Assertion. Throws when that isn't one to trust. */
  static Map<String, Object> whoIs(String assertion, DefaultJWTProcessor<SecurityContext> processor) throws Exception {
    var claims = processor.process(assertion, null);
    return Map.of("user", claims.getSubject(), "roles", claims.getStringListClaim("roles"));
  }

  public static void main(String[] args) throws Exception {
    System.out.println(JSONObjectUtils.toJSONString(whoIs(args[0], processor())));
  }
}
