// Verifies what okta-role-operator's door says of whoever makes a request, with go-jose.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var (
	webhook  = or(os.Getenv("WEBHOOK"), "https://login.example.com")
	audience = or(os.Getenv("AUDIENCE"), "access/acme@app.example.com")
)

type person struct {
	User  string   `json:"user"`
	Roles []string `json:"roles"`
}

// publishedKeys is for keeping: for five minutes, and to be called again, not at any rate, when a key isn't known.
func publishedKeys() (*jose.JSONWebKeySet, error) {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(webhook + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the keys can't be had: %s", answer.Status)
	}
	var keys jose.JSONWebKeySet
	return &keys, json.NewDecoder(answer.Body).Decode(&keys)
}

// whoIs takes the request's header X-Auth-Request-Assertion. It returns an error when that isn't one to trust.
func whoIs(assertion string, keys *jose.JSONWebKeySet) (*person, error) {
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	var claims jwt.Claims
	var held struct {
		Roles []string `json:"roles"`
	}
	if err := token.Claims(keys, &claims, &held); err != nil {
		return nil, err
	}
	expected := jwt.Expected{Issuer: webhook, AnyAudience: jwt.Audience{audience}}
	if err := claims.ValidateWithLeeway(expected, 5*time.Second); err != nil {
		return nil, err
	}
	if claims.Subject == "" || claims.Expiry == nil {
		return nil, errors.New("it says neither who nor until when")
	}
	return &person{User: claims.Subject, Roles: held.Roles}, nil
}

func main() {
	keys, err := publishedKeys()
	if err == nil {
		var who *person
		if who, err = whoIs(os.Args[1], keys); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(who)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
